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
  /** How many characters it had, without its end; bytes, if a relay has counted. */
  readonly length: number;
}

const HEAD = 256;

export class LineBuffer {
  /** The characters (UTF-16 units) that a line may have, without its end. */
  limit: number;
  #atStart = true;
  /** A line whose end has not come; past the limit only its head. Engines append in constant time. */
  #held = "";
  /** How many characters have come, with those that were thrown away. */
  #length = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Takes one chunk and returns the lines that it completes, blank ones left out. */
  feed(chunk: string): (string | Oversized)[] {
    const lines: (string | Oversized)[] = [];
    if (this.#atStart && chunk) {
      this.#atStart = false;
      chunk = chunk.replace(/^\ufeff/, "");
    }
    chunk.split("\n").forEach((piece, index) => {
      if (index > 0) lines.push(this.#take());
      this.#hold(piece);
    });
    return lines.filter((line) => typeof line !== "string" || line.trim());
  }

  #hold(piece: string): void {
    this.#held += piece;
    this.#length += piece.length;
    // One more: a `\r` that belongs to the end.
    if (this.#length > this.limit + 1) this.#held = this.#headOf(this.#held);
  }

  #take(): string | Oversized {
    let line = this.#held;
    let length = this.#length;
    this.#held = "";
    this.#length = 0;
    if (length === line.length && line.endsWith("\r")) line = line.slice(0, (length -= 1));
    return length > this.limit ? { head: this.#headOf(line), length } : line;
  }

  /** A copy: engines let a slice keep all of the text that it was cut from. */
  #headOf(line: string): string {
    return line.slice(0, Math.min(HEAD, this.limit)).split("").join("");
  }
}
