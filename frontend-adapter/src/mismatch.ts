/** A value that is not what its place takes: what was expected there, and what came instead. */

import { tag } from "./values.js";

export class Mismatch extends TypeError {
  readonly expected: string;
  readonly received: string;
  /** Where it lies, if within what was given, as a message says it: `items.3.takenAt`. */
  place?: string;
  /** The same as the worker says it: `$.items[3].takenAt`. */
  path?: string;

  constructor(expected: string, value: unknown, received: string = kindOf(value)) {
    super(`expected ${expected}, received ${received}`);
    this.expected = expected;
    this.received = received;
  }
}

/** What was thrown for a member of something; a `Mismatch` is told under which key that lies. */
export function within(key: string | number, thrown: unknown): unknown {
  if (thrown instanceof Mismatch) {
    const { place, path = "$", expected, received } = thrown;
    thrown.place = place === undefined ? String(key) : `${key}.${place}`;
    thrown.path = `$${typeof key === "number" ? `[${key}]` : `.${key}`}${path.slice(1)}`;
    thrown.message = `expected ${expected}, received ${received} (at ${JSON.stringify(thrown.place)})`;
  }
  return thrown;
}

/** A `Mismatch` that tells the built-in kind of an object: `a Date`. */
export function misfit(expected: string, value: unknown): Mismatch {
  const kind = typeof value === "object" ? tag(value) : "Object";
  const isPlain = kind === "Object" || kind === "Array";
  const name = `${/^[AEIO]/.test(kind) ? "an" : "a"} ${kind}`;
  return new Mismatch(expected, value, isPlain ? undefined : name);
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "object") return Array.isArray(value) ? "an array" : "an object";
  return `a ${typeof value}`;
}
