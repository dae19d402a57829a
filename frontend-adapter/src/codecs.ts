/**
 * Which places in a value are converted, where JSON has no form for what is there (protocol, section
 * 11). Into what, `codecs-text` knows.
 *
 * Whatever is not named passes unchanged, and so do null and undefined: what JSON cannot hold of that
 * is refused where all is written.
 */

import { asText } from "./errors.js";
import { misfit, within } from "./mismatch.js";
import { isOpaque } from "./values.js";

/** How a value is written on the wire and read from it. */
export interface Codec {
  /** What is written for a value, which stays as it is. Throws a `Mismatch`. */
  encode(value: unknown): unknown;
  /** What a wire's value stands for; that may be changed in place. Throws a `Mismatch`. */
  decode(wire: unknown): unknown;
}

/** One whose wire form is a text. */
export interface TextCodec extends Codec {
  /** Whether a value is of the kind that it is for, whatever else is wrong with it. */
  takes(value: unknown): boolean;
}

export type Way = keyof Codec;

type Items = { [key: string | number]: unknown };

/** The items of an array. */
export function list(item: Codec): Codec {
  return inside(arrayOf, (items, way) => {
    for (let index = 0; index < items.length; index++) convert(items, index, item, way);
  });
}

/** The values of an object whose keys are free. */
export function dict(value: Codec): Codec {
  return inside(objectOf, (items, way) => {
    for (const key of Object.keys(items)) convert(items, key, value, way);
  });
}

/** Members of an object by their names, or of an array by their indices. */
export function members(fields: () => { readonly [name: string]: Codec }): Codec {
  const all = once(() => Object.entries(fields()));
  return inside(objectOf, (items, way) => {
    for (const [name, codec] of all()) {
      const key = Array.isArray(items) ? Number(name) : name;
      if (has(items, key)) convert(items, key, codec, way);
    }
  });
}

/** Objects or arrays, of which `field` tells what they are. */
export function tagged(
  field: string | number,
  cases: () => { readonly [tag: string]: Codec },
): Codec {
  const all = once(cases);
  return present((value, way) => {
    const tag = asText(objectOf(value)[field]);
    const codec = has(all(), tag) ? all()[tag] : undefined;
    return codec ? codec[way](value) : value;
  });
}

interface Forms {
  readonly text?: TextCodec;
  readonly list?: Codec;
  readonly object?: Codec;
}

/** What can be several things, told apart by the form that they have in JSON. */
export function either(forms: () => Forms): Codec {
  const all = once(forms);
  return present((value, way) => {
    const codec = formOf(value, way, all());
    return codec ? codec[way](value) : value;
  });
}

function formOf(value: unknown, way: Way, { text, list, object }: Forms): Codec | undefined {
  if (way === "encode" ? text?.takes(value) : typeof value === "string") return text;
  if (Array.isArray(value)) return list;
  if (typeof value !== "object" || !value) return undefined;
  // A Date where bytes are due: nobody else would say so.
  return object ?? (isOpaque(value) ? text : undefined);
}

/** Both ways of what is there. */
function present(convert: (value: unknown, way: Way) => unknown): Codec {
  const through =
    (way: Way) =>
    (value: unknown): unknown =>
      value === null || value === undefined ? value : convert(value, way);
  return { encode: through("encode"), decode: through("decode") };
}

/** Both ways of what holds others; what the caller gave is copied. */
function inside<T extends object>(
  check: (value: unknown) => T,
  convert: (items: T, way: Way) => void,
): Codec {
  return present((value, way) => {
    const given = check(value);
    const items = way === "encode" ? copyOf(given) : given;
    convert(items, way);
    return items;
  });
}

/** Converts one member in place. By assignment: it is there, so that `__proto__` is a key too. */
export function convert(
  items: Items | unknown[],
  key: string | number,
  codec: Codec,
  way: Way,
): void {
  try {
    (items as Items)[key] = codec[way]((items as Items)[key]);
  } catch (thrown) {
    throw within(key, thrown);
  }
}

function copyOf<T extends object>(items: T): T {
  return (Array.isArray(items) ? [...(items as unknown[])] : { ...items }) as T;
}

function arrayOf(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw misfit("an array", value);
}

function objectOf(value: unknown): Items {
  if (typeof value === "object" && value && !isOpaque(value)) return value as Items;
  throw misfit("an object", value);
}

function has(items: object, key: string | number): boolean {
  return Object.prototype.hasOwnProperty.call(items, key);
}

/** What `make` makes when it is first asked for: a type may contain itself. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
