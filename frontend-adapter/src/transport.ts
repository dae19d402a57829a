/**
 * The seam between a channel and whatever carries its text.
 *
 * A transport carries text in chunks of any shape: splitting into lines and joining of writes are
 * the channel's work (protocol, section 1). A relay that strips newlines needs an adapter that puts
 * one back on each payload, and nothing more.
 */

import type { Oversized } from "./lines.js";

/** Why a connection ended. */
export interface CloseReason {
  /** One sentence for people, without a full stop: `the worker exited`. */
  readonly message: string;
  /** The worker's exit code, where the transport knows it. */
  readonly exitCode?: number | null;
  /** The signal that ended the worker: `SIGKILL`. */
  readonly signal?: string | null;
  /** The last lines that the worker wrote to its stderr. */
  readonly stderr?: string;
}

/** What a channel gives to its transport. */
export interface Receiver {
  /** Takes text from the worker: a piece of a line, a line, or many, in the order they were written. */
  chunk(text: string): void;
  /** Says that a line was too long to be passed on. The call that it would have answered fails. */
  dropped(line: Oversized): void;
  /**
   * Says that the worker has exited and the transport has not: a relay may start another. What is
   * pending fails, and later calls too, until a worker starts or says that it is ready. That is so at
   * once if the worker's last lines are known to have come; else a moment later, for they may follow.
   */
  exited(reason: CloseReason, isComplete?: boolean): void;
  /** Says that a worker was started in the place of one that exited: calls wait for it. */
  started(): void;
  /** Says that the relay has ended the session: what is pending fails, and a new session begins. */
  sessionEnded(message: string): void;
  /** Says that nothing more will come. The first call counts. */
  closed(reason?: CloseReason): void;
}

/** Text in, text out. */
export interface Transport {
  /** What names the page's window across reloads, where the transport knows it: Tauri's label. */
  readonly window?: string | undefined;
  /**
   * Starts. Called once. Text may be given to the receiver from now on; the first write comes when
   * this has returned or resolved. A failure closes the channel, with the error's message as reason.
   */
  open(receiver: Receiver): void | Promise<void>;
  /**
   * Writes whole lines, each with its `\n`. Called again only when this has returned or resolved:
   * what is sent meanwhile goes into one next chunk. A failure fails what is pending, with the
   * error's message as reason; the channel goes on.
   *
   * `session` names the session that writes, for a relay that is to know it first. Once there is
   * another, the one before is over. Only whoever speaks another protocol gives none.
   */
  write(chunk: string, session?: string): void | Promise<void>;
  /** Lets go of everything. Called once, in any state, also when the connection ended by itself. */
  close(): void | Promise<void>;
}
