/** Who is told of what: each listener, whatever another one throws. */

import { toError } from "./errors.js";

type Listener = (value: unknown) => void;

/** The listeners of each topic; of topics that nobody listens to, there is none. */
export class Listeners extends Map<string | symbol, Set<Listener>> {
  readonly #report: (error: Error) => void;

  constructor(report: (error: Error) => void) {
    super();
    this.#report = report;
  }

  /** Returns the undo. A listener that is added twice is told twice. */
  add(topic: string | symbol, listener: Listener): () => void {
    const own: Listener = (value) => listener(value);
    const all = this.get(topic) ?? new Set();
    this.set(topic, all.add(own));
    return () => {
      if (all.delete(own) && all.size === 0) this.delete(topic);
    };
  }

  tell(topic: string | symbol, value: unknown): void {
    const all = this.get(topic);
    for (const listener of [...(all ?? [])]) {
      if (!all?.has(listener)) continue; // One before it has taken it out.
      try {
        listener(value);
      } catch (thrown) {
        this.#report(toError(thrown));
      }
    }
  }
}
