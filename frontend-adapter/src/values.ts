/**
 * What JSON would change or leave out without a word is refused instead of sent.
 *
 * An object's undefined members are not among it: everybody means that they be left out.
 */

/** The worker takes 500 levels in a line; a batch and the request around the params are two. */
const LEVELS = 498;

const LONE = /[\ud800-\udfff]/u;

/**
 * Throws a TypeError if `json`, which was made of `given`, does not hold all of it. `given` lies at
 * `level` in its line; in a message, `part` follows the place within it.
 */
export function refuseUnheld(given: unknown, json: string, level = 1, part = ""): void {
  // So does JSON write a lone surrogate, which no worker can decode. If there is none, no text need be
  // looked at.
  const escaped = json.includes("\\ud");

  function visit(held: unknown, level: number, key?: string | number): void {
    const value = asJsonSees(held, key);
    const what =
      unheld(value, level, key) || (escaped && [key, value].some(isBroken) && "a lone surrogate");
    if (what) {
      const place = key === undefined ? "" : ` (at ${JSON.stringify(`${key}`)}${part})`;
      throw new TypeError(`JSON cannot hold ${what}${place}`);
    }
    if (Array.isArray(value))
      for (let index = 0; index < value.length; index++) visit(value[index], level + 1, index);
    else if (typeof value === "object" && value)
      for (const [name, member] of Object.entries(value)) visit(member, level + 1, name);
  }

  visit(given, level);
}

function isBroken(text: unknown): boolean {
  return typeof text === "string" && LONE.test(text);
}

function asJsonSees(value: unknown, key: string | number = ""): unknown {
  if (typeof value !== "object" || !value) return value;
  if (value instanceof Date && isNaN(+value)) return NaN; // Its toJSON says null.
  if ("toJSON" in value && typeof value.toJSON === "function") return value.toJSON(`${key}`);
  const isBoxed = value instanceof Number || value instanceof String || value instanceof Boolean;
  return isBoxed ? value.valueOf() : value;
}

/** What JSON cannot hold of a value, apart from its members. */
function unheld(value: unknown, level: number, key: string | number | undefined): string | false {
  switch (typeof value) {
    case "number":
      return !isFinite(value) && `${value}`;
    case "undefined":
      return typeof key !== "string" && "undefined in a list: give null";
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "object":
      if (value && level > LEVELS) return `more than ${LEVELS} levels of arrays and objects`;
      if (value && isOpaque(value))
        return `the contents of ${tag(value)}: give an array or a plain object`;
  }
  return false;
}

/** Whether an object has its contents elsewhere than in its members: a Map, a Promise, a buffer. */
export function isOpaque(value: object): boolean {
  const isPlain = Array.isArray(value) || tag(value) === "Object";
  return !isPlain && (ArrayBuffer.isView(value) || Object.keys(value).length === 0);
}

/** The name of an object's built-in kind: `Map`. */
export function tag(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
