/** Who is told of what: each listener, whatever another one throws. */

import { toError } from "./errors.js";

interface Entry {
  readonly listener: (value: unknown) => void;
}

export class Listeners {
  readonly #report: (error: Error) => void;
  /** Of topics that nobody listens to, there is none. */
  readonly #topics = new Map<string | symbol, Set<Entry>>();

  constructor(report: (error: Error) => void) {
    this.#report = report;
  }

  get topics(): number {
    return this.#topics.size;
  }

  /** Returns the undo. A listener that is added twice is told twice. */
  add(topic: string | symbol, listener: (value: unknown) => void): () => void {
    const entry = { listener };
    const entries = this.#topics.get(topic) ?? new Set();
    this.#topics.set(topic, entries.add(entry));
    return () => {
      if (entries.delete(entry) && entries.size === 0) this.#topics.delete(topic);
    };
  }

  tell(topic: string | symbol, value: unknown): void {
    const entries = this.#topics.get(topic);
    for (const entry of [...(entries ?? [])]) {
      if (!entries?.has(entry)) continue; // One before it has taken it out.
      try {
        entry.listener(value);
      } catch (thrown) {
        this.#report(toError(thrown));
      }
    }
  }
}
