/**
 * A channel as an app sees it: the life of one connection to a worker, and calls by wire names.
 *
 * A channel knows no contract's types: that is the client's part.
 */

import { Conversation } from "./conversation.js";
import type { Exposed } from "./expose.js";
import type { ExpectedContract } from "./greeting.js";
import type { CallOptions } from "./link.js";
import type { LogLevel, LogRecord } from "./logs.js";
import type { Params } from "./messages.js";
import type { CloseReason, Transport } from "./transport.js";

/** `connecting`: calls wait for the worker. `ready`: they are sent. `closed`: they fail at once. */
export type ChannelState = "connecting" | "ready" | "closed";

export interface ChannelOptions {
  /**
   * What names this window across reloads. By default its Tauri label, where the transport knows it,
   * else a random name kept in sessionStorage. A page's second channel of one name gets a `#2`.
   */
  readonly window?: string;
  /**
   * Takes what belongs to no call: an error without an id, a line that cannot be read, a contract
   * that differs, a worker that has exited, a write that failed. By default it goes to the console.
   */
  readonly onError?: (error: Error) => void;
  /** What the page offers the worker: what the generated `frontend()` returns, or several of those. */
  readonly expose?: Exposed | readonly Exposed[];
  /** The level from which on the worker's log records are sent; none are without it. */
  readonly log?: LogLevel;
  /** Takes the worker's log records. By default they go to the console. */
  readonly onLog?: (record: LogRecord) => void;
}

export interface Channel {
  readonly state: ChannelState;
  /** Resolves when the connection has ended, however it did; never rejects. */
  readonly closed: Promise<CloseReason>;
  /** Calls a method by its wire name, with params by position or by name, untyped. */
  call(method: string, params?: Params, options?: CallOptions): Promise<unknown>;
  /** Reports to `onError`, once, if the worker serves another contract than this. */
  expect(contract: ExpectedContract): void;
  /** Ends the connection: what is pending fails at once, later calls too. */
  destroy(): void;
}

/** Opens a channel. Calls can be made at once; they wait until the worker is ready. */
export function createChannel(transport: Transport, options: ChannelOptions = {}): Channel {
  return new Conversation(transport, options);
}
