/**
 * Chunks of text of any shape in, whole lines out (protocol, section 1).
 *
 * A line ends at `\n` and nowhere else. The work is linear in its length however it is cut; one past
 * the limit is thrown away in bounded memory, and the next line is good again. No JSON here.
 */

/** A line past the limit, of which only the beginning was kept. */
export interface Oversized {
  /** Its first characters, at most 256: enough to read an id. */
  readonly head: string;
  /** How many characters it had, without its end. */
  readonly length: number;
}

const HEAD = 256;
const BLANK = /^[ \t\v\f\r]*$/;

export class LineBuffer {
  /** The characters (UTF-16 units) that a line may have, without its end. */
  limit: number;
  #atStart = true;
  /** The pieces of a line whose end has not come; past the limit only its head. */
  #held: string[] = [];
  /** The length of all pieces, with those that were thrown away. */
  #length = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Takes one chunk and returns the lines that it completes, blank ones left out. */
  feed(chunk: string): (string | Oversized)[] {
    const lines: (string | Oversized)[] = [];
    let start = 0;
    for (let end = chunk.indexOf("\n"); end >= 0; end = chunk.indexOf("\n", start)) {
      this.#hold(chunk.slice(start, end));
      const line = this.#take();
      if (typeof line !== "string" || !BLANK.test(line)) lines.push(line);
      start = end + 1;
    }
    if (start < chunk.length) this.#hold(chunk.slice(start));
    return lines;
  }

  /** Returns the last line, if nothing ended it. */
  end(): (string | Oversized)[] {
    return this.#length > 0 ? this.feed("\n") : [];
  }

  #hold(piece: string): void {
    if (this.#atStart && piece) {
      this.#atStart = false;
      if (piece.startsWith("\ufeff")) piece = piece.slice(1);
    }
    const fits = this.#length <= this.limit + 1; // One more: a `\r` that belongs to the end.
    this.#length += piece.length;
    if (fits) this.#held.push(piece);
    if (fits && this.#length > this.limit + 1) this.#held = [this.#headOf(this.#held.join(""))];
  }

  #take(): string | Oversized {
    let line = this.#held.length === 1 ? (this.#held[0] ?? "") : this.#held.join("");
    let length = this.#length;
    this.#held = [];
    this.#length = 0;
    this.#atStart = false;
    if (length === line.length && line.endsWith("\r")) {
      line = line.slice(0, -1);
      length -= 1;
    }
    return length > this.limit ? { head: this.#headOf(line), length } : line;
  }

  /** A copy: engines let a slice keep all of the text that it was cut from. */
  #headOf(line: string): string {
    return line.slice(0, Math.min(HEAD, this.limit)).split("").join("");
  }
}
