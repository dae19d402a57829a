/** Which places in a value are converted. */

import { describe, expect, expectTypeOf, test, vi } from "vitest";
import {
  bigint,
  bytes,
  date,
  dict,
  duration,
  either,
  list,
  members,
  tagged,
} from "../src/index.js";
import type { Codec } from "../src/index.js";
import { Mismatch } from "../src/mismatch.js";

const NOON = new Date("2026-07-31T12:00:00Z");
const NOON_TEXT = "2026-07-31T12:00:00.000Z";

const photo = members(() => ({ takenAt: date, thumbnail: bytes }));
const clip = members(() => ({ length: duration }));
/** One that contains itself. */
const album: Codec = members(() => ({ since: date, albums: list(album), cover: photo }));

const media = tagged("type", () => ({ photo, clip, 7: clip }));
const point = members(() => ({ 0: date, 2: bigint }));
const shape = tagged(0, () => ({ 1: members(() => ({ 1: date })) }));

const any = either(() => ({ text: date, list: list(date), object: photo }));

/** What stays itself when it is written and read. */
const table: [name: string, codec: Codec, value: unknown, wire: unknown][] = [
  ["a list", list(date), [NOON, null, NOON], [NOON_TEXT, null, NOON_TEXT]],
  ["an empty list", list(date), [], []],
  ["a list of lists", list(list(bigint)), [[1n], [], [2n, 3n]], [["1"], [], ["2", "3"]]],
  ["a dict", dict(duration), { a: 1000, "b c": 0.5 }, { a: "PT1S", "b c": "PT0.0005S" }],
  ["a dict of dicts", dict(dict(bigint)), { a: { b: 1n } }, { a: { b: "1" } }],
  [
    "members, and others beside them",
    photo,
    { takenAt: NOON, title: "x", thumbnail: Uint8Array.of(97) },
    { takenAt: NOON_TEXT, title: "x", thumbnail: "YQ==" },
  ],
  ["members that are absent", photo, { title: "x" }, { title: "x" }],
  ["members that are null", photo, { takenAt: null }, { takenAt: null }],
  ["members of an array", point, [NOON, "x", 5n], [NOON_TEXT, "x", "5"]],
  ["an array that is shorter", point, [NOON], [NOON_TEXT]],
  [
    "a type that contains itself",
    album,
    { since: NOON, albums: [{ albums: [{ since: NOON }] }], cover: { takenAt: NOON } },
    {
      since: NOON_TEXT,
      albums: [{ albums: [{ since: NOON_TEXT }] }],
      cover: { takenAt: NOON_TEXT },
    },
  ],
  ["one case", media, { type: "photo", takenAt: NOON }, { type: "photo", takenAt: NOON_TEXT }],
  ["another case", media, { type: "clip", length: 1000 }, { type: "clip", length: "PT1S" }],
  ["a case whose tag is a number", media, { type: 7, length: 0 }, { type: 7, length: "PT0S" }],
  ["a tag without a case", media, { type: "text", length: 1 }, { type: "text", length: 1 }],
  ["a tag that every object has", media, { type: "toString" }, { type: "toString" }],
  ["no tag", media, { length: 1 }, { length: 1 }],
  ["a list among objects with tags", media, [], []],
  ["an array with a tag", shape, [1, NOON], [1, NOON_TEXT]],
  ["an array with another tag", shape, [2, "x"], [2, "x"]],
  ["a text", any, NOON, NOON_TEXT],
  ["a list in its place", any, [NOON], [NOON_TEXT]],
  ["an object in its place", any, { takenAt: NOON }, { takenAt: NOON_TEXT }],
  ["a number in its place", any, 5, 5],
  ["a boolean in its place", any, false, false],
  ["bytes or a number", either(() => ({ text: bytes })), Uint8Array.of(97), "YQ=="],
  ["a number, not bytes", either(() => ({ text: bytes })), 5, 5],
  ["a bigint or an object", either(() => ({ text: bigint })), 5n, "5"],
  ["an object, not a bigint", either(() => ({ text: bigint })), { a: 1 }, { a: 1 }],
  ["a list, not a bigint", either(() => ({ text: bigint })), [1], [1]],
  ["a duration or a list", either(() => ({ text: duration })), 1500, "PT1.5S"],
  ["a text, where none is converted", either(() => ({ list: list(date) })), "x", "x"],
];

describe.each(table)("%s", (_name, codec, value, wire) => {
  test("is written", () => {
    const before = structuredClone(value);
    expect(codec.encode(value)).toEqual(wire);
    expect(value).toEqual(before); // What the caller has stays as it is.
  });

  test("is read", () => {
    expect(codec.decode(structuredClone(wire))).toEqual(value);
  });
});

test.each([list(date), dict(date), photo, media, any])("null and undefined pass: %#", (codec) => {
  for (const nothing of [null, undefined]) {
    expect(codec.encode(nothing)).toBe(nothing);
    expect(codec.decode(nothing)).toBe(nothing);
  }
});

test("what is written is a copy, what is read is what came", () => {
  const value = { since: NOON, albums: [{ since: NOON }], cover: { title: "x" } };
  const wire = album.encode(value) as typeof value;
  expect(wire).not.toBe(value);
  expect(wire.albums).not.toBe(value.albums);
  expect(value.albums[0]?.since).toBe(NOON);
  expect(album.decode(wire)).toBe(wire);
  expect(wire).toEqual(value);
  expect(Array.isArray(point.encode([NOON]))).toBe(true);
});

test("a value's own members count, whatever an object's are called", () => {
  const codec = members(() => ({
    constructor: date,
    toString: date,
    ["__proto__"]: date,
    hasOwnProperty: date,
  }));
  expect(codec.encode({})).toEqual({});
  const wire = JSON.parse(`{"__proto__":"${NOON_TEXT}","toString":"${NOON_TEXT}"}`) as object;
  const value = codec.decode(wire) as object;
  expect(Object.entries(value)).toEqual([
    ["__proto__", NOON],
    ["toString", NOON],
  ]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(JSON.stringify(codec.encode(value))).toBe(
    `{"__proto__":"${NOON_TEXT}","toString":"${NOON_TEXT}"}`,
  );
});

test("`__proto__` is a key as any other", () => {
  const codec = dict(bigint);
  const value = codec.decode(JSON.parse('{"__proto__":"1","a":"2"}')) as object;
  expect(Object.entries(value)).toEqual([
    ["__proto__", 1n],
    ["a", 2n],
  ]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(JSON.stringify(codec.encode(value))).toBe('{"__proto__":"1","a":"2"}');
});

test("an object without a prototype, or of a class, is an object", () => {
  const bare = Object.assign(Object.create(null) as object, { takenAt: NOON });
  expect(photo.encode(bare)).toEqual({ takenAt: NOON_TEXT });
  class Photo {
    readonly takenAt = NOON;
    get thumbnail(): string {
      return "not its own";
    }
  }
  expect(photo.encode(new Photo())).toEqual({ takenAt: NOON_TEXT });
});

test("fields, cases and forms are asked for once, and not before", () => {
  const fields = vi.fn(() => ({ at: date }));
  const cases = vi.fn(() => ({ a: members(fields) }));
  const forms = vi.fn(() => ({ object: tagged("type", cases) }));
  const codec = list(either(forms));
  expect(forms).not.toHaveBeenCalled();
  codec.encode([{ type: "a" }, { type: "a" }]);
  codec.decode([{ type: "a" }]);
  for (const made of [fields, cases, forms]) expect(made).toHaveBeenCalledOnce();
});

const refused: [codec: Codec, value: unknown, message: string, path?: string][] = [
  [list(date), NOON, "expected an array, received a Date"],
  [list(date), new Set(), "expected an array, received a Set"],
  [dict(date), "x", "expected an object, received a string"],
  [dict(date), new Map(), "expected an object, received a Map"],
  [photo, Promise.resolve(), "expected an object, received a Promise"],
  [photo, NOON, "expected an object, received a Date"],
  [media, 5, "expected an object, received a number"],
  [media, new Uint8Array(1), "expected an object, received a Uint8Array"],
  [list(date), [NOON, 5], 'expected a Date, received a number (at "1")', "$[1]"],
  [dict(date), { a: 5 }, 'expected a Date, received a number (at "a")', "$.a"],
  [photo, { takenAt: "x" }, 'expected a Date, received a string (at "takenAt")', "$.takenAt"],
  [point, [NOON, 1, 1], 'expected a bigint, received a number (at "2")', "$[2]"],
  [
    list(media),
    [{ type: "photo", takenAt: new Date(NaN) }],
    'expected a Date, received an invalid one (at "0.takenAt")',
    "$[0].takenAt",
  ],
  [
    members(() => ({ items: list(members(() => ({ takenAt: date }))) })),
    { items: [{}, {}, {}, { takenAt: "x" }] },
    'expected a Date, received a string (at "items.3.takenAt")',
    "$.items[3].takenAt",
  ],
  [either(() => ({ text: bytes })), NOON, "expected a Uint8Array, received a Date"],
  [either(() => ({ text: date })), new Uint8Array(1), "expected a Date, received a Uint8Array"],
  [either(() => ({ text: duration })), NaN, expect.stringMatching(/received NaN$/) as string],
  [any, [5], 'expected a Date, received a number (at "0")', "$[0]"],
  [any, new Map(), "expected an object, received a Map"],
];

test.each(refused)("refused: %#", (codec, value, message, path) => {
  let thrown: unknown;
  try {
    codec.encode(value);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Mismatch);
  expect(thrown).toMatchObject({ message });
  expect((thrown as Mismatch).path).toBe(path);
});

const unreadable: [codec: Codec, wire: unknown, message: string | RegExp][] = [
  [list(date), {}, "expected an array, received an object"],
  [dict(date), "x", "expected an object, received a string"],
  [media, 5, "expected an object, received a number"],
  [
    album,
    { albums: [{ since: "x" }] },
    /^expected a date.*, received "x" \(at "albums.0.since"\)$/,
  ],
  [any, "x", /^expected a date.*, received "x"$/],
];

test.each(unreadable)("unreadable: %#", (codec, wire, message) => {
  expect(() => codec.decode(wire)).toThrow(message);
});

test("what throws within a value is not taken for a misfit", () => {
  const value = {
    get takenAt(): Date {
      throw new RangeError("of the page");
    },
  };
  expect(() => photo.encode(value)).toThrow(new RangeError("of the page"));
});

test("many values keep what they are, however deep they lie", () => {
  let value: unknown = { since: NOON };
  for (let depth = 0; depth < 400; depth++) value = { albums: [value], since: NOON };
  const wire = JSON.stringify(album.encode(value));
  expect(wire.split(NOON_TEXT)).toHaveLength(402);
  expect(album.decode(JSON.parse(wire))).toEqual(value);
});

test("what the types say", () => {
  expectTypeOf(date).toExtend<Codec>();
  expectTypeOf(media).toEqualTypeOf<Codec>();
  // @ts-expect-error: a text's codec is one of those that say what they are for
  either(() => ({ text: media }));
  // @ts-expect-error: there are three forms
  either(() => ({ number: date }));
  // @ts-expect-error: not the fields, but what returns them
  members({ at: date });
});
