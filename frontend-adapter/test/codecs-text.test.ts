/** The values that cross as a text (protocol, section 11). */

import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, test, vi } from "vitest";
import { bigint, bytes, date, duration } from "../src/index.js";
import type { TextCodec } from "../src/index.js";
import { Mismatch } from "../src/mismatch.js";

const codecs: [name: string, codec: TextCodec][] = [
  ["date", date],
  ["duration", duration],
  ["bytes", bytes],
  ["bigint", bigint],
];

afterEach(() => void vi.restoreAllMocks());

/** The same numbers in each run: between 0 and 1. */
function* random(count: number): Generator<number> {
  let state = 20_260_731;
  for (let index = 0; index < count; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

function refusal(act: () => unknown): unknown {
  try {
    return act();
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(Mismatch);
    return (thrown as Mismatch).message;
  }
}

test.each(codecs)("%s lets null and undefined through", (_name, codec) => {
  for (const nothing of [null, undefined]) {
    expect(codec.encode(nothing)).toBe(nothing);
    expect(codec.decode(nothing)).toBe(nothing);
  }
});

test.each(codecs)("%s refuses what it is not for, and says what that is", (name, codec) => {
  const values: unknown[] = [true, "x", {}, [], new Map(), () => 1, Symbol("s"), 5, 5n, new Date()];
  const kinds = ["a boolean", "a string", "an object", "an array", "a Map", "a function"];
  const all = [...kinds, "a symbol", "a number", "a bigint", "a Date"];
  const expected = {
    date: "a Date",
    duration: "a number of milliseconds",
    bytes: "a Uint8Array",
    bigint: "a bigint",
  }[name];
  values.forEach((value, index) => {
    if (!codec.takes(value))
      expect(refusal(() => codec.encode(value))).toBe(
        `expected ${expected}, received ${all[index]}`,
      );
  });
});

test.each(codecs)("%s takes nothing but a text from the wire", (_name, codec) => {
  for (const wire of [5, true, {}, []])
    expect(refusal(() => codec.decode(wire))).toMatch(/^expected .*, received an? \w+$/);
});

describe("a date", () => {
  test.each([
    ["2026-01-02T03:04:05.000Z", "2026-01-02T03:04:05.000Z"],
    ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.000Z"],
    ["2026-01-02T03:04:05.6Z", "2026-01-02T03:04:05.600Z"],
    ["2026-01-02T03:04:05.06Z", "2026-01-02T03:04:05.060Z"],
    ["2026-01-02T03:04:05.000678Z", "2026-01-02T03:04:05.000Z"],
    ["2026-01-02T03:04:05.999999Z", "2026-01-02T03:04:05.999Z"],
    ["2026-01-02T03:04:05.123456789Z", "2026-01-02T03:04:05.123Z"],
    ["2026-01-02T03:04:05+02:30", "2026-01-02T00:34:05.000Z"],
    ["2026-01-02T03:04:05.5-03:00", "2026-01-02T06:04:05.500Z"],
    ["2026-01-02T03:04:05+0230", "2026-01-02T00:34:05.000Z"],
    ["2026-01-02T03:04:05-00:00", "2026-01-02T03:04:05.000Z"],
    ["2024-02-29T23:59:59.999+14:00", "2024-02-29T09:59:59.999Z"],
    ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z"],
    ["0099-12-31T00:00:00Z", "0099-12-31T00:00:00.000Z"],
    ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999Z"],
  ])("is read from %s", (wire, iso) => {
    const value = date.decode(wire);
    expect(value).toBeInstanceOf(Date);
    expect((value as Date).toISOString()).toBe(iso);
  });

  test("is read alike by an engine that knows but one form of a date", () => {
    const parse = Date.parse.bind(Date);
    const only = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
    vi.spyOn(Date, "parse").mockImplementation((text) => (only.test(text) ? parse(text) : NaN));
    expect(date.decode("2026-01-02T03:04:05.000678+02:00")).toEqual(
      new Date(Date.UTC(2026, 0, 2, 1, 4, 5)),
    );
  });

  test.each([
    "",
    "today",
    "2026-01-02",
    "2026-01-02T03:04:05", // Whose offset?
    "2026-01-02 03:04:05Z",
    "2026-13-01T00:00:00Z",
    "2026-02-30T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T00:00:60Z",
    "2026-01-02T03:04:05.1234567890Z",
    "2026-01-02T03:04:05.Z",
    "+010000-01-01T00:00:00Z",
    " 2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05Z\n",
  ])("is not read from %j", (wire) => {
    expect(refusal(() => date.decode(wire))).toBe(
      `expected a date, a time and its offset as ISO 8601 has them, received ${JSON.stringify(wire)}`,
    );
  });

  test("that cannot be read is told of in part, if it is long", () => {
    expect(refusal(() => date.decode("x".repeat(1_000_000)))).toBe(
      `expected a date, a time and its offset as ISO 8601 has them, received "${"x".repeat(80)}"`,
    );
  });

  test.each([
    [new Date(NaN), "expected a Date, received an invalid one"],
    [
      new Date("0000-12-31T23:59:59.999Z"),
      "expected a Date of the years 1 to 9999, received 0000-12-31T23:59:59.999Z",
    ],
    [
      new Date("+010000-01-01T00:00:00.000Z"),
      "expected a Date of the years 1 to 9999, received +010000-01-01T00:00:00.000Z",
    ],
    [new Date(-8.64e15), expect.stringContaining("received -271821-04-20T00:00:00.000Z")],
  ])("that Python has not is refused: %#", (value, message) => {
    expect(refusal(() => date.encode(value))).toEqual(message);
  });

  test("of another window is one too", () => {
    const foreign: unknown = runInNewContext("new Date(86400000)");
    expect(foreign instanceof Date).toBe(false);
    expect(date.encode(foreign)).toBe("1970-01-02T00:00:00.000Z");
  });

  test("comes back as the same moment", () => {
    const [first, last] = [Date.parse("0001-01-01T00:00:00Z"), Date.parse("9999-12-31T23:59:59Z")];
    for (const part of random(2000)) {
      const value = new Date(Math.floor(first + part * (last - first)));
      expect(date.decode(date.encode(value))).toEqual(value);
    }
  });

  test("is the same moment in any offset, with any number of digits", () => {
    for (const part of random(2000)) {
      const moment = Math.floor(part * 4e12);
      const minutes = Math.floor((part * 1e6) % 1440);
      const digits = Math.floor((part * 1e7) % 7);
      const [hour, minute] = [Math.floor(minutes / 60), minutes % 60];
      const offset = [hour, minute].map((value) => String(value).padStart(2, "0")).join(":");
      for (const [sign, shift] of [["+", minutes] as const, ["-", -minutes] as const]) {
        const local = new Date(moment + shift * 60_000).toISOString().slice(0, -1);
        const wire = `${local}${"0".repeat(digits)}${sign}${offset}`;
        expect(date.decode(wire)).toEqual(new Date(moment));
      }
    }
  });
});

describe("a duration", () => {
  // What msgspec 0.22 writes and reads.
  test.each([
    [0, "PT0S"],
    [-0, "PT0S"],
    [86_405_000, "P1DT5S"],
    [-86_405_000, "-P1DT5S"],
    [-86_395_500, "-PT86395.5S"],
    [-86_400_000, "-P1D"],
    [0.001, "PT0.000001S"],
    [-0.001, "-PT0.000001S"],
    [1500, "PT1.5S"],
    [86_399_999.999, "PT86399.999999S"],
    [34_560_000_000, "P400D"],
    [18_000_000, "PT18000S"],
    [86_399_999_913_600_000, "P999999999D"],
    [86_399_999_999_999_984, "P999999999DT86399.984S"],
    [-86_399_999_913_600_000, "-P999999999D"],
  ])("of %d ms is %s", (value, wire) => {
    expect(duration.encode(value)).toBe(wire);
    expect(duration.decode(wire)).toBe(value === 0 ? 0 : value);
  });

  // What others write, Pydantic 2 above all.
  test.each([
    ["P0D", 0],
    ["-P0D", 0],
    ["+P1D", 86_400_000],
    ["P1W", 604_800_000],
    ["P1Y35D", 34_560_000_000],
    ["P2Y70DT3H2M1.25S", 69_130_921_250],
    ["-PT23H59M55.5S", -86_395_500],
    ["PT5H", 18_000_000],
    ["PT1M", 60_000],
    ["PT90000S", 90_000_000],
    ["PT0.0000019S", 0.001],
    ["P999999999DT86399.999999S", 86_399_999_999_999_984],
    ["P2739726Y9DT23H59M59.999999S", 86_399_999_999_999_984],
    ["-P2739726Y9D", -86_399_999_913_600_000],
  ])("is read from %s", (wire, value) => {
    expect(duration.decode(wire)).toBe(value);
  });

  test.each(["", "P", "PT", "P1DT", "1D", "P1M", "P1.5D", "PT1,5S", "P-1D", "p1d", "PT1S "])(
    "is not read from %j",
    (wire) => {
      expect(refusal(() => duration.decode(wire))).toBe(
        `expected a duration as ISO 8601 has it, received ${JSON.stringify(wire)}`,
      );
    },
  );

  test.each([
    `P${"9".repeat(400)}D`,
    "P1000000000D",
    "PT99999999999999999999S",
    "-P999999999DT1S",
    "-P2739726Y9DT23H59M59.999999S",
  ])("longer than Python has is not read from %.20s", (wire) => {
    expect(refusal(() => duration.decode(wire))).toMatch(/^expected a duration/);
  });

  test.each([NaN, Infinity, -Infinity, 8.64e16, -86_399_999_913_600_016, -8.64e17, 1e300])(
    "of %d ms is refused",
    (value) => {
      expect(refusal(() => duration.encode(value))).toBe(
        `expected milliseconds of 999999999 days at most, received ${value}`,
      );
    },
  );

  test("to the microsecond comes back as the same number", () => {
    for (const part of random(3000)) {
      for (const range of [1e4, 1e9, 1e13, 9e15]) {
        const micros = Math.floor((part - 0.5) * range);
        expect(duration.decode(duration.encode(micros / 1000))).toBe(micros / 1000);
      }
    }
  });

  test("of any length comes back as near as a microsecond, or as a number can be", () => {
    for (const part of random(3000)) {
      const value = (part - 0.5) * 2 * 8.6e16;
      expect(duration.decode(duration.encode(value))).toBe(value);
    }
    for (const part of random(3000)) {
      const value = (part - 0.5) * 1e6;
      const back = duration.decode(duration.encode(value)) as number;
      expect(Math.abs(back - value)).toBeLessThan(0.000_501);
    }
  });
});

/** Bytes of all values, as many as are asked for. */
function content(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (index * 167 + (index >> 8)) & 0xff);
}

interface NativeBase64 {
  fromBase64?: (text: string) => Uint8Array;
  prototype: { toBase64?: () => string };
}

const native = Uint8Array as unknown as NativeBase64;

/** As engines have it since 2025. */
function withNative(): void {
  native.fromBase64 = vi.fn((text: string) => {
    const found = Buffer.from(text, "base64");
    if (found.toString("base64") !== text) throw new SyntaxError("not base64");
    return Uint8Array.from(found);
  });
  native.prototype.toBase64 = vi.fn(function (this: unknown) {
    return Buffer.from(this as Uint8Array).toString("base64");
  });
}

function withoutNative(): void {
  delete native.fromBase64;
  delete native.prototype.toBase64;
}

describe.each([
  ["in an engine that has no base64 for bytes", withoutNative],
  ["in one that has", withNative],
])("bytes %s", (_name, engine) => {
  afterEach(withoutNative);

  test.each([
    [[], ""],
    [[0], "AA=="],
    [[0x61, 0x62], "YWI="],
    [[0x61, 0x62, 0x63], "YWJj"],
    [[0xfb, 0xff, 0xfe], "+//+"],
  ])("%j are %j", (items, wire) => {
    engine();
    expect(bytes.encode(Uint8Array.from(items))).toBe(wire);
    const value = bytes.decode(wire) as Uint8Array;
    expect(value.constructor).toBe(Uint8Array);
    expect(value.buffer).toBeInstanceOf(ArrayBuffer);
    expect([...value]).toEqual(items);
  });

  test("of Pydantic's alphabet are read", () => {
    engine();
    expect(bytes.decode("-__-")).toEqual(Uint8Array.from([0xfb, 0xff, 0xfe]));
    expect(bytes.decode("-_8=")).toEqual(Uint8Array.from([0xfb, 0xff]));
  });

  test("of any length come back, around the pieces that are taken at a time", () => {
    engine();
    const lengths = [...Array(20).keys()];
    for (const piece of [8190, 24_576, 32_768])
      lengths.push(piece - 1, piece, piece + 1, piece * 2);
    for (const length of lengths) {
      const value = content(length);
      const wire = bytes.encode(value);
      expect(wire).toBe(Buffer.from(value).toString("base64"));
      expect(Buffer.compare(bytes.decode(wire) as Uint8Array, value)).toBe(0);
    }
  });

  test("16 MiB come back", () => {
    engine();
    const value = content(16 * 1024 * 1024);
    const wire = bytes.encode(value) as string;
    expect(wire.length).toBe(4 * Math.ceil(value.length / 3));
    expect(Buffer.compare(bytes.decode(wire) as Uint8Array, value)).toBe(0);
  });

  test("can be a view, another window's, Node's, or a buffer", () => {
    engine();
    const own = content(10);
    const shared = new Uint8Array(new SharedArrayBuffer(2));
    expect(bytes.encode(own.subarray(2, 4))).toBe(Buffer.from(own.slice(2, 4)).toString("base64"));
    expect(bytes.encode(runInNewContext("new Uint8Array([97])"))).toBe("YQ==");
    expect(bytes.encode(runInNewContext("new Uint8Array([97]).buffer"))).toBe("YQ==");
    expect(bytes.encode(Buffer.from("abc"))).toBe("YWJj");
    expect(bytes.encode(Uint8Array.from([97]).buffer)).toBe("YQ==");
    expect(bytes.encode(shared)).toBe("AAA=");
  });

  test.each([
    [new Int8Array(1), "an Int8Array"],
    [new Uint16Array(1), "a Uint16Array"],
    [new Uint8ClampedArray(1), "a Uint8ClampedArray"],
    [new DataView(new ArrayBuffer(1)), "a DataView"],
    [new Blob([]), "a Blob"],
    [new Error("x"), "an Error"],
    [[1, 2], "an array"],
  ])("are nothing else: %s", (value, received) => {
    engine();
    expect(refusal(() => bytes.encode(value))).toBe(`expected a Uint8Array, received ${received}`);
  });

  test.each(["=", "==", "A", "A===", "YQ=", "Y=Q=", "YWJj=", "$$$$", "YQ==YQ==", "äöü!"])(
    "are not read from %j",
    (wire) => {
      engine();
      expect(refusal(() => bytes.decode(wire))).toBe(
        `expected bytes in base64, received ${JSON.stringify(wire)}`,
      );
    },
  );
});

test("an engine's own base64 is used where there is one", () => {
  withNative();
  const { fromBase64, prototype } = native;
  bytes.decode(bytes.encode(content(5)));
  expect(prototype.toBase64).toHaveBeenCalledOnce();
  expect(fromBase64).toHaveBeenCalledOnce();
  withoutNative();
});

describe("a bigint", () => {
  test.each([0n, -1n, 2n ** 53n, -(2n ** 64n), 10n ** 100n])("%s comes back", (value) => {
    expect(bigint.encode(value)).toBe(String(value));
    expect(bigint.decode(String(value))).toBe(value);
  });

  test.each(["", " ", "1.0", "0x10", "1e3", "+1", "1_000", "１"])("is not read from %j", (wire) => {
    expect(refusal(() => bigint.decode(wire))).toBe(
      `expected digits, received ${JSON.stringify(wire)}`,
    );
  });
});
