/** The last lines of a worker's stderr, which say why it ended. */

const LINES = 20;
const CHARACTERS = 8192;

/** Keeps the end of a text that comes in chunks: at most 20 lines and 8,192 characters. */
export class LastLines {
  #text = "";

  add(chunk: string): void {
    const text = (this.#text + chunk).slice(-CHARACTERS);
    // The piece after the last newline is a line of its own, empty or not finished yet.
    this.#text = text
      .split("\n")
      .slice(-LINES - 1)
      .join("\n");
  }

  /** The lines, without the end of the last one; empty if there are none. */
  toString(): string {
    return this.#text.trimEnd();
  }
}
