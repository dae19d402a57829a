/**
 * What waits to be written: lines of one microtask, and all that comes while a write is under way,
 * become one chunk.
 *
 * In a webview each crossing to the host costs and bytes hardly do, so joining is worth a factor of
 * several under load. One write at a time keeps the order on transports whose writes are requests.
 */

/** How long a chunk of several lines may be, in characters: there is a longest text. */
const CHUNK = 16 * 1024 * 1024;

/** How long the last line may take. */
const LAST_WRITE_MS = 100;

/** One that is a function is asked when it is written: until then it may change. */
export type Line = string | (() => string);

export class Outbox {
  readonly #write: (chunk: string) => void | Promise<void>;
  readonly #failed: (thrown: unknown) => void;
  #lines: Line[] = [];
  #isOpen = false;
  /** The writing that is under way or about to be. */
  #writing: Promise<void> | undefined;

  /** `failed` is called with what `write` throws or rejects with; that chunk is lost. */
  constructor(write: (chunk: string) => void | Promise<void>, failed: (thrown: unknown) => void) {
    this.#write = write;
    this.#failed = failed;
  }

  add(line: Line): void {
    this.#lines.push(line);
    this.#schedule();
  }

  /** Begins to write. */
  start(): void {
    this.#isOpen = true;
    this.#schedule();
  }

  /**
   * Writes a last line in the place of what was not written yet, unless writing has not begun. Resolves
   * when it is written, or when it takes too long.
   */
  async end(line: string): Promise<void> {
    this.clear();
    if (!this.#isOpen) return;
    this.add(line);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise((resolve) => (timer = setTimeout(resolve, LAST_WRITE_MS)));
    await Promise.race([this.#writing, late]);
    clearTimeout(timer);
  }

  /** Forgets what was not written yet. */
  clear(): void {
    this.#lines = [];
  }

  #schedule(): void {
    if (!this.#isOpen || this.#writing || this.#lines.length === 0) return;
    this.#writing = Promise.resolve().then(() => this.#flush());
  }

  async #flush(): Promise<void> {
    while (this.#lines.length > 0) {
      try {
        const written = this.#write(`${this.#take().join("\n")}\n`);
        if (written) await written;
      } catch (thrown) {
        this.#failed(thrown);
      }
    }
    this.#writing = undefined;
  }

  /** Takes out as many lines as fit into a chunk; one at least. */
  #take(): string[] {
    let length = 0;
    const lines = this.#lines.map((line) => (typeof line === "string" ? line : line()));
    const rest = lines.findIndex((line) => (length += line.length + 1) > CHUNK);
    this.#lines = rest < 0 ? [] : lines.splice(Math.max(rest, 1));
    return lines;
  }
}
