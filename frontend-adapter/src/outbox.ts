/**
 * What waits to be written: lines of one microtask, and all that comes while a write is under way,
 * become one chunk.
 *
 * In a webview each crossing to the host costs and bytes hardly do, so joining is worth a factor of
 * several under load. One write at a time keeps the order on transports whose writes are requests.
 */

import type { Session } from "./session.js";
import type { Receiver, Transport } from "./transport.js";

/** How long a chunk of several lines may be, in characters: there is a longest text. */
const CHUNK = 16 * 1024 * 1024;

/** How long the last line may take. */
const LAST_WRITE_MS = 100;

/** One that is a function is asked when it is written: until then it may change. */
export type Line = string | (() => string);

export class Outbox {
  readonly #transport: Transport;
  readonly #session: Session;
  readonly #failed: (thrown: unknown) => void;
  #lines: Line[] = [];
  #isOpen = false;
  /** The writing that is under way or about to be. */
  #writing: Promise<void> | undefined;

  /**
   * `session` is the one that writes. `failed` is called with what a write throws or rejects with;
   * that chunk is lost.
   */
  constructor(transport: Transport, session: Session, failed: (thrown: unknown) => void) {
    this.#transport = transport;
    this.#session = session;
    this.#failed = failed;
  }

  add(line: Line): void {
    this.#lines.push(line);
    this.#schedule();
  }

  /** Forgets what was not written yet. */
  clear(): void {
    this.#lines = [];
  }

  /** Opens the transport, and begins to write. */
  async open(receiver: Receiver): Promise<void> {
    await this.#transport.open(receiver);
    this.#isOpen = true;
    this.#schedule();
  }

  /**
   * Closes the transport; first writes a last line in the place of what was not written yet, unless
   * writing has not begun or that takes too long.
   */
  async close(last?: string): Promise<void> {
    this.clear();
    if (last && this.#isOpen) {
      this.add(last);
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise((resolve) => (timer = setTimeout(resolve, LAST_WRITE_MS)));
      await Promise.race([this.#writing, late]);
      clearTimeout(timer);
    }
    await this.#transport.close();
  }

  #schedule(): void {
    if (this.#isOpen) this.#writing ??= this.#flush();
  }

  async #flush(): Promise<void> {
    await undefined; // What else is said in this microtask goes along.
    while (this.#lines.length > 0) {
      let length = 0;
      const lines = this.#lines.map((line) => (typeof line === "string" ? line : line()));
      // As many as fit into a chunk; one at least.
      const rest = lines.findIndex(
        (line, index) => (length += line.length + 1) > CHUNK && index > 0,
      );
      this.#lines = rest > 0 ? lines.splice(rest) : [];
      try {
        const written = this.#transport.write(`${lines.join("\n")}\n`, this.#session.name);
        if (written) await written;
      } catch (thrown) {
        this.#failed(thrown);
      }
    }
    this.#writing = undefined;
  }
}
