/**
 * What waits to be written: lines of one microtask, and all that comes while a write is under way,
 * become one chunk.
 *
 * In a webview each crossing to the host costs and bytes hardly do, so joining is worth a factor of
 * several under load. One write at a time keeps the order on transports whose writes are requests.
 */
export class Outbox {
  readonly #write: (chunk: string) => void | Promise<void>;
  readonly #failed: (thrown: unknown) => void;
  #lines: string[] = [];
  /** Closed at first, and while a write is under way or about to be. */
  #busy = true;

  /** `failed` is called with what `write` throws or rejects with; nothing is written after that. */
  constructor(write: (chunk: string) => void | Promise<void>, failed: (thrown: unknown) => void) {
    this.#write = write;
    this.#failed = failed;
  }

  add(line: string): void {
    this.#lines.push(line);
    this.#schedule();
  }

  /** Begins to write. */
  start(): void {
    this.#busy = false;
    this.#schedule();
  }

  /** Forgets what was not written yet. */
  clear(): void {
    this.#lines = [];
  }

  #schedule(): void {
    if (this.#busy || this.#lines.length === 0) return;
    this.#busy = true;
    queueMicrotask(() => void this.#flush());
  }

  async #flush(): Promise<void> {
    try {
      while (this.#lines.length > 0) {
        const chunk = `${this.#lines.join("\n")}\n`;
        this.#lines = [];
        const written = this.#write(chunk);
        if (written) await written;
      }
      this.#busy = false;
    } catch (thrown) {
      this.#failed(thrown);
    }
  }
}
