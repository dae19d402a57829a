/**
 * What a feature sees of a channel: streams, callbacks, events and exposed methods work through it.
 *
 * Nothing here knows of lines, of ids or of the worker's life.
 */

import type { Call } from "./calls.js";
import type { Channel, ChannelState } from "./channel.js";
import type { Params } from "./messages.js";
import type { Line } from "./outbox.js";
import type { Serving } from "./serving.js";

/** A channel from within. */
export interface Link {
  readonly state: ChannelState;
  /** Makes a call: a request that is sent now, or when the worker is ready. */
  call(method: string, params?: Params, options?: RequestOptions): Promise<unknown>;
  /** Sends calls that were made now, or when the worker is ready. */
  submit(calls: readonly Call[]): void;
  /**
   * Sends a notification, if the worker is there: without it, nobody waits for one. With `send`, that
   * has its line instead.
   */
  notify(method: string, params: Params, send?: (line: string) => void): void;
  /** What serves the worker's requests; none are served before a feature has set it. */
  serving: Serving | undefined;
  /** Writes a line; one that is a function, as it is when the transport takes it. */
  send(line: Line): void;
  /** Has each notification of this name given to `listener`, beside others; returns the undo. */
  listen(method: string, listener: (params: unknown) => void): () => void;
  /** Calls back when what belongs to the session is void, also at the end; returns the undo. */
  onLost(listener: (reason: Error) => void): () => void;
  /** Hands over what belongs to no call. */
  report(error: Error): void;
}

/** What a call takes beside its arguments. */
export interface CallOptions {
  /** Aborting it rejects the call at once, with the signal's reason, and cancels it in the worker. */
  readonly signal?: AbortSignal | undefined;
  /** How long it may take. Past it, the call rejects with a `DOMException` named `TimeoutError`. */
  readonly timeoutMs?: number | undefined;
}

export interface RequestOptions extends CallOptions {
  /** The call's life: ends with its answer, unless a stream holds it. */
  readonly scope?: Scope | undefined;
}

/** Serves one message; what it returns or resolves to is the answer, what it throws is the error. */
export type Serve = (params: unknown, incoming: Incoming) => unknown;

/** A request or a notification of the worker's. */
export interface Incoming {
  /** Absent in a notification. */
  readonly id?: unknown;
  /** Its name, for one who serves many. */
  readonly method: string;
  /** Aborts when the worker cancels it, at its deadline, and when the session is lost. */
  readonly signal: AbortSignal;
  /** Has the signal abort: what the call returned is asked for no more. */
  readonly abort: (reason: Error) => void;
  /** The life of the call: ends with its answer, unless a stream holds it. */
  readonly scope: Scope;
  /** Makes of what was thrown what the worker is told of it. */
  raised: ((thrown: unknown) => unknown) | undefined;
}

/** The life of one call, ours or the worker's: what is attached ends with it. */
export class Scope {
  readonly #ends = new Set<(reason?: Error) => void>();
  /** How many returned streams keep the call open. */
  #holds = 0;
  /** Whether the answer has come, or has been sent. */
  #answered = false;
  #ended = false;

  get ended(): boolean {
    return this.#ended;
  }

  /** Has `end` called when the call ends, at once if it has; returns the undo. */
  attach(end: (reason?: Error) => void): () => void {
    if (this.#ended) end();
    else this.#ends.add(end);
    return () => void this.#ends.delete(end);
  }

  /** Keeps the call open beyond its answer, until what this returns is called. */
  hold(): () => void {
    let held = true;
    this.#holds += 1;
    return () => {
      if (!held) return;
      held = false;
      this.#holds -= 1;
      if (this.#answered && this.#holds === 0) this.end();
    };
  }

  /** The answer is there: the call ends unless it is held. */
  answered(): void {
    this.#answered = true;
    if (this.#holds === 0) this.end();
  }

  /** Ends the call, whoever holds it; with a reason if it failed. */
  end(reason?: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    const ends = [...this.#ends].reverse();
    this.#ends.clear();
    for (const end of ends) end(reason);
  }
}

/** Where a function is due and nothing is to be done. */
export function nothing(): void {}

/** What a channel is to features: every channel of ours is a link as well, which users do not see. */
export function linkOf(channel: Channel): Link {
  return channel as Channel & Link;
}
