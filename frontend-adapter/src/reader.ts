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

const BATCH = /^\s*\[/;

interface Read {
  /** Those of one line: one, or a batch. */
  readonly messages: (messages: readonly Message[], isBatch: boolean) => void;
  /** `id` is that of the answer which the line began as. */
  readonly unreadable: (error: RpcError, id: string | undefined) => void;
}

export class Reader {
  readonly #lines = new LineBuffer(LINE_LIMIT);
  readonly #session: Session;
  readonly #read: Read;

  constructor(session: Session, read: Read) {
    this.#session = session;
    this.#read = read;
  }

  /** Takes results of this size. */
  allow(responseBytes: number): void {
    this.#lines.limit = Math.max(LINE_LIMIT, responseBytes + ENVELOPE);
  }

  read(text: string): void {
    for (const line of this.#lines.feed(text)) this.#line(line, true);
  }

  /** Reads what the worker left without a newline; a line that was cut off says nothing. */
  end(): void {
    for (const line of this.#lines.end()) this.#line(line, false);
  }

  #line(line: string | Oversized, wasEnded: boolean): void {
    const text = typeof line === "string" ? line : line.head;
    if (this.#session.isForeign(text)) return;
    if (typeof line !== "string") {
      if (wasEnded) this.#fail(text, `is too long (${line.length} characters)`, RESPONSE_TOO_LARGE);
      return;
    }
    let messages: Message[];
    try {
      messages = decode(line);
    } catch {
      if (wasEnded) this.#fail(line, "is not JSON", PARSE_ERROR);
      return;
    }
    this.#read.messages(messages, BATCH.test(line));
  }

  #fail(line: string, problem: string, code: number): void {
    const text = `A line from the worker ${problem}: ${line.slice(0, 80)}`;
    this.#read.unreadable(answered(code, text), idInHead(line));
  }
}
