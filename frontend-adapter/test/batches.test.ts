import { describe, expect, test } from "vitest";
import { fits } from "../src/batches.js";

describe("whether a worker takes a batch", () => {
  const one = ["1"];
  const MANY = Array.from({ length: 10_000 }, () => "1");
  const LONG = ["x".repeat((64 * 1024 * 1024) / 3 - 2)];

  test.each([undefined, null, {}, { batchEntries: "many", messageBytes: null }])(
    "limits that it does not tell are the protocol's defaults: %j",
    (limits) => {
      expect(fits(MANY, limits)).toBe(true);
      expect(fits([...MANY, "1"], limits)).toBe(false);
      expect(fits(LONG, limits)).toBe(true);
      expect(
        fits(
          LONG.map((text) => `${text}xx`),
          limits,
        ),
      ).toBe(false);
    },
  );

  test.each([
    [{ batchEntries: 1 }, true],
    [{ batchEntries: 0 }, false],
    [{ messageBytes: 9 }, true],
    [{ messageBytes: 8 }, false],
  ])("one that it tells counts: %j", (limits, takes) => {
    expect(fits(one, limits)).toBe(takes);
  });

  test("not one that no text could hold, whatever it takes", () => {
    const requests = Array.from({ length: 10 }, () => "x".repeat(60_000_000));
    expect(fits(requests, { messageBytes: 2 ** 40 })).toBe(false);
  });
});
