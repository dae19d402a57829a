import { expect, test } from "vitest";
import { LastLines } from "../src/last-lines.js";

const numbers = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}`).join("\n");

test.each([
  ["nothing", [], ""],
  ["a line that nothing ended", ["sad"], "sad"],
  ["lines cut in pieces", ["o", "ne\ntw", "o\n"], "one\ntwo"],
  ["the last twenty lines", [`${numbers(1, 50)}\n`], numbers(31, 50)],
  [
    "the last twenty, one by one",
    Array.from({ length: 50 }, (_, i) => `line ${i + 1}\n`),
    numbers(31, 50),
  ],
  ["at most 8,192 characters", ["x".repeat(10_000)], "x".repeat(8192)],
])("%s", (_name, chunks, text) => {
  const lines = new LastLines();
  for (const chunk of chunks) lines.add(chunk);
  expect(lines.toString()).toBe(text);
});
