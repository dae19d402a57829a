/** The values that cross as a text: dates, durations, bytes, and integers of any size. */

import type { TextCodec } from "./codecs.js";
import { Mismatch, misfit } from "./mismatch.js";
import { tag } from "./values.js";

interface Text<T> {
  /** What a message calls the value, and its wire form. */
  readonly value: string;
  readonly wire: string;
  readonly takes: (value: unknown) => boolean;
  /** Throws a `Mismatch` for one that Python has not. */
  readonly write: (value: T) => string;
  /** Returns undefined for a text that is none. */
  readonly read: (wire: string) => T | undefined;
}

function text<T>(how: Text<T>): TextCodec {
  return {
    takes: how.takes,
    encode(value) {
      if (value === null || value === undefined) return value;
      if (how.takes(value)) return how.write(value as T);
      throw misfit(how.value, value);
    },
    decode(wire) {
      if (wire === null || wire === undefined) return wire;
      if (typeof wire !== "string") throw new Mismatch(how.wire, wire);
      const value = how.read(wire);
      if (value !== undefined) return value;
      throw new Mismatch(how.wire, wire, JSON.stringify(wire.slice(0, 80)));
    },
  };
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;

const MOMENT = /^(\d{4}-\d\d-(\d\d))T(\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):?(\d\d))$/;

/** A `Date`, which keeps milliseconds. */
export const date: TextCodec = /* @__PURE__ */ text<Date>({
  value: "a Date",
  wire: "a date, a time and its offset as ISO 8601 has them",
  takes: (value) => tag(value) === "Date",
  write(value) {
    const year = value.getUTCFullYear();
    if (year >= 1 && year <= 9999) return value.toISOString();
    if (Number.isNaN(year)) throw new Mismatch("a Date", value, "an invalid one");
    throw new Mismatch("a Date of the years 1 to 9999", value, value.toISOString());
  },
  read(wire) {
    const [all, day, inMonth, time, fraction = "", sign, hours, minutes] = MOMENT.exec(wire) ?? [];
    // With three digits and a Z: what is like it, engines read in different ways, or not at all.
    const local = Date.parse(`${day}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}Z`);
    // Of a 30th of February, some make a 2nd of March.
    if (all === undefined || new Date(local).getUTCDate() !== Number(inMonth)) return undefined;
    const offset = Number(hours ?? 0) * HOUR_MS + Number(minutes ?? 0) * MINUTE_MS;
    return new Date(sign === "-" ? local + offset : local - offset);
  },
});

/**
 * As long as Python's are: 999,999,999 days, and one way all but a microsecond of another, of which
 * this is the last number.
 */
const LONGEST_MS = 86_399_999_999_999_984;
const LONGEST_AGO_MS = -86_399_999_913_600_000;

/** Pydantic writes years, of 365 days each. */
const SPAN =
  /^([+-])?P(?=.)(?:(\d+)Y)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?=.)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d{1,9}))?S)?)?$/;

/** Milliseconds, to the thousandth. */
export const duration: TextCodec = /* @__PURE__ */ text<number>({
  value: "a number of milliseconds",
  wire: "a duration as ISO 8601 has it",
  takes: (value) => typeof value === "number",
  write(value) {
    // NaN is not less than anything.
    if (!(value >= LONGEST_AGO_MS && value <= LONGEST_MS))
      throw new Mismatch("milliseconds of 999999999 days at most", value, String(value));
    const length = Math.abs(value);
    const rest = length % 1000;
    const micros = Math.round(rest * 1000);
    const total = Math.round((length - rest) / 1000) + Math.floor(micros / 1e6);
    const [days, seconds] = [Math.floor(total / 86_400), total % 86_400];
    const fraction = String(micros % 1e6)
      .padStart(6, "0")
      .replace(/0+$/, "");
    const time = `T${seconds}${fraction && `.${fraction}`}S`;
    const sign = value < 0 && (total > 0 || micros > 0) ? "-" : "";
    return `${sign}P${days > 0 ? `${days}D` : ""}${days > 0 && time === "T0S" ? "" : time}`;
  },
  read(wire) {
    const found = SPAN.exec(wire);
    if (!found) return undefined;
    const [, sign, years, weeks, days, hours, minutes, seconds, fraction = ""] = found;
    const long = (count(years) * 365 + count(weeks) * 7 + count(days)) * DAY_MS;
    const short = count(hours) * HOUR_MS + count(minutes) * MINUTE_MS + count(seconds) * 1000;
    const longest = sign === "-" ? -LONGEST_AGO_MS : LONGEST_MS;
    if (long + short > longest) return undefined;
    const micros = Number(fraction.slice(0, 6).padEnd(6, "0"));
    const all = (long + short) * 1000 + micros;
    // Rounded once only, so that what is written of it is the same again.
    const exact = Number.isSafeInteger(all) ? all / 1000 : long + (short + micros / 1000);
    // What it would be rounded up to, nobody could send.
    const length = Math.min(exact, longest);
    return sign === "-" ? 0 - length : length;
  },
});

function count(digits = "0"): number {
  return Number(digits);
}

/** What the newer engines have. */
const native = Uint8Array as unknown as {
  readonly fromBase64?: (text: string) => Uint8Array;
  readonly prototype: { readonly toBase64?: (this: Uint8Array) => string };
};

/** A `Uint8Array`; an `ArrayBuffer` is taken for one. */
export const bytes: TextCodec = /* @__PURE__ */ text<Uint8Array | ArrayBuffer>({
  value: "a Uint8Array",
  wire: "bytes in base64",
  takes: (value) => ["Uint8Array", "ArrayBuffer"].includes(tag(value)),
  write(value) {
    const view = ArrayBuffer.isView(value) ? value : new Uint8Array(value);
    return (native.prototype.toBase64 ?? toBase64).call(view);
  },
  read(wire) {
    // As Pydantic writes it, which has the alphabet of addresses.
    const isOther = wire.includes("-") || wire.includes("_");
    const text = isOther ? wire.replace(/-/g, "+").replace(/_/g, "/") : wire;
    try {
      return native.fromBase64 ? native.fromBase64(text) : fromBase64(text);
    } catch {
      return undefined;
    }
  },
});

/** Pieces that the engine takes as arguments: whole groups of three bytes, and of four characters. */
const PIECE = 8190;
const TEXT_PIECE = 32_768;

function toBase64(this: Uint8Array): string {
  const pieces: string[] = [];
  for (let start = 0; start < this.length; start += PIECE) {
    const piece = this.subarray(start, start + PIECE);
    pieces.push(btoa(String.fromCharCode.apply(null, piece as unknown as number[])));
  }
  return pieces.join("");
}

/** Throws for what is no base64. */
function fromBase64(text: string): Uint8Array | undefined {
  const padding = ["=", "=="].filter((end) => text.endsWith(end)).length;
  const found = new Uint8Array((text.length * 3) / 4 - padding);
  let length = 0;
  for (let start = 0; start < text.length; start += TEXT_PIECE) {
    const piece = atob(text.slice(start, start + TEXT_PIECE));
    for (let index = 0; index < piece.length; index++) found[length++] = piece.charCodeAt(index);
  }
  return length === found.length ? found : undefined;
}

/** A `bigint`. */
export const bigint: TextCodec = /* @__PURE__ */ text<bigint>({
  value: "a bigint",
  wire: "digits",
  takes: (value) => typeof value === "bigint",
  write: String,
  read: (wire) => (/^-?\d+$/.test(wire) ? BigInt(wire) : undefined),
});
