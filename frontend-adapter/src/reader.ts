/**
 * Chunks of text → messages for this session; another's lines are dropped before parsing.
 *
 * What a message means is not known here, nor who waits for what.
 */

import { PARSE_ERROR, RESPONSE_TOO_LARGE, answered } from "./errors.js";
import type { RpcError } from "./errors.js";
import { LineBuffer } from "./lines.js";
import type { Oversized } from "./lines.js";
import { decode } from "./messages.js";
import type { Message } from "./messages.js";
import { idInHead } from "./session.js";
import type { Session } from "./session.js";

/** What a line has around the result, at most. */
const ENVELOPE = 4096;

/** The longest line, in characters, until a worker tells that it sends longer ones. */
const LINE_LIMIT = 64 * 1024 * 1024 + ENVELOPE;

export class Reader extends LineBuffer {
  readonly #session: Session;
  readonly #read: (messages: readonly Message[], isBatch: boolean) => void;
  readonly #unreadable: (error: RpcError, id: string | undefined) => void;

  /**
   * `read` takes the messages of one line: one, or a batch. `unreadable` takes the id of the answer
   * which a line began as.
   */
  constructor(
    session: Session,
    read: (messages: readonly Message[], isBatch: boolean) => void,
    unreadable: (error: RpcError, id: string | undefined) => void,
  ) {
    super(LINE_LIMIT);
    this.#session = session;
    this.#read = read;
    this.#unreadable = unreadable;
  }

  /** Takes results of this size. */
  allow(responseBytes: unknown): void {
    if (typeof responseBytes === "number")
      this.limit = Math.max(LINE_LIMIT, responseBytes + ENVELOPE);
  }

  /** Reads lines; one that nothing ended says nothing if it is no message. */
  read(lines: readonly (string | Oversized)[], isWhole = true): void {
    for (const line of lines) {
      const text = typeof line === "string" ? line : line.head;
      if (this.#session.isForeign(text)) continue;
      let messages: Message[] | undefined;
      try {
        if (text === line) messages = decode(text);
      } catch {
        // Told below, as of one that is too long.
      }
      if (messages) {
        const ours = messages.filter((message) => this.#session.concerns(message));
        this.#read(ours, text.trimStart()[0] === "[");
      } else if (isWhole) {
        const [code, problem] =
          text === line
            ? [PARSE_ERROR, "is not JSON"]
            : [RESPONSE_TOO_LARGE, `is too long (${line.length} characters)`];
        const error = answered(code, `A line from the worker ${problem}: ${text.slice(0, 80)}`);
        this.#unreadable(error, idInHead(text));
      }
    }
  }

  /** Reads what the worker left without a newline. */
  end(): void {
    this.read(this.feed("\n"), false);
  }
}
