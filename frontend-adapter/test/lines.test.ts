import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { LineBuffer } from "../src/lines.js";
import type { Oversized } from "../src/lines.js";
import { vectors } from "./vectors.js";

interface Case {
  readonly name: string;
  readonly chunks: readonly string[];
  readonly lines: readonly (string | Oversized)[];
  readonly limit?: number;
  readonly end?: boolean;
}

const { cases } = vectors<{ cases: Case[] }>("lines");

function read(chunks: readonly string[], limit = 1000, end = false): (string | Oversized)[] {
  const buffer = new LineBuffer(limit);
  const lines = chunks.flatMap((chunk) => buffer.feed(chunk));
  return end ? [...lines, ...buffer.feed("\n")] : lines;
}

describe("chunks to lines", () => {
  test.each(cases)("$name", ({ chunks, lines, limit, end }) => {
    const text = chunks.join("");
    expect(read(chunks, limit, end)).toEqual(lines);
    expect(read([text], limit, end)).toEqual(lines);
    expect(read(text.split(""), limit, end)).toEqual(lines);
    for (let cut = 1; cut < text.length; cut++) {
      expect(read([text.slice(0, cut), text.slice(cut)], limit, end)).toEqual(lines);
    }
  });

  test("of a line past the limit the first 256 characters are kept", () => {
    const [line] = read([`${"a".repeat(300)}\n`], 290);
    expect(line).toEqual({ head: "a".repeat(256), length: 300 });
  });

  test.each([false, true])(
    "of a line past the limit nothing else is kept (when its end has come: %s)",
    (isEnded) => {
      setFlagsFromString("--expose-gc");
      const collect = runInNewContext("gc") as () => void;
      const piece = "a".repeat(1024 * 1024);
      const keep = (): unknown => {
        const buffer = new LineBuffer(16 * piece.length);
        for (let index = 0; index < 18; index++) buffer.feed(`${index}${piece}`);
        return isEnded ? buffer.feed("\n")[0] : buffer;
      };
      collect();
      const before = process.memoryUsage().heapUsed;
      const kept = [keep(), keep(), keep(), keep()];
      collect();
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(4 * piece.length);
      expect(kept).toHaveLength(4);
    },
  );

  test("the limit can be raised", () => {
    const buffer = new LineBuffer(3);
    expect(buffer.feed("long\n")).toEqual([{ head: "lon", length: 4 }]);
    buffer.limit = 4;
    expect(buffer.feed("long\n")).toEqual(["long"]);
  });

  test("the work is linear, also for a line of 64 MiB in pieces of 4 KB", () => {
    const piece = "a".repeat(4096);
    const time = (pieces: number): number => {
      const buffer = new LineBuffer(Infinity);
      const start = performance.now();
      for (let index = 0; index < pieces; index++) buffer.feed(piece);
      expect(buffer.feed("\n")[0]).toHaveLength(pieces * piece.length);
      return performance.now() - start;
    };
    const short = Math.max(time(1024), time(1024), 5);
    // Sixteen times the length: quadratic work would take 256 times as long.
    expect(time(16 * 1024) / short).toBeLessThan(100);
  });
});
