import { expect, test } from "vitest";
import { batchLines, readGreeting } from "../src/greeting.js";

test("limits that a worker does not tell are the protocol's defaults", () => {
  const MIB = 1024 * 1024;
  const defaults = { batchEntries: 10_000, messageBytes: 64 * MIB, responseBytes: 64 * MIB };
  expect(readGreeting(null)).toMatchObject(defaults);
  expect(readGreeting({ limits: { batchEntries: "many" } })).toMatchObject(defaults);
  const told = { batchEntries: 1, messageBytes: 2, responseBytes: 3 };
  expect(readGreeting({ limits: told })).toMatchObject(told);
});

test("a batch that no text could hold goes singly, whatever the worker takes", () => {
  const requests = Array.from({ length: 10 }, () => "x".repeat(60_000_000));
  const greeting = readGreeting({ limits: { messageBytes: 2 ** 40 } });
  expect(batchLines(requests, greeting)).toBe(requests);
  expect(batchLines(["1", "2"], greeting)).toEqual(["[1,2]"]);
});
