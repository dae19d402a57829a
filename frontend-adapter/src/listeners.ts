/** Those who are told of something: each of them, whatever another one throws. */

import { toError } from "./errors.js";

export class Listeners<T> {
  readonly #report: (error: Error) => void;
  readonly #entries = new Set<{ readonly listener: (value: T) => void }>();

  constructor(report: (error: Error) => void) {
    this.#report = report;
  }

  /** Returns the undo. A listener that is added twice is told twice. */
  add(listener: (value: T) => void): () => void {
    const entry = { listener };
    this.#entries.add(entry);
    return () => void this.#entries.delete(entry);
  }

  tell(value: T): void {
    for (const entry of [...this.#entries]) {
      if (!this.#entries.has(entry)) continue; // One before it has taken it out.
      try {
        entry.listener(value);
      } catch (thrown) {
        this.#report(toError(thrown));
      }
    }
  }
}
