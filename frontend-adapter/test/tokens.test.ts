import { expect, test } from "vitest";
import { linkOf } from "../src/link.js";
import { nextHandle, nextToken } from "../src/tokens.js";
import { connect } from "./fake-worker.js";

test("tokens are unique, and handles begin at random", () => {
  const [one, two] = [linkOf(connect().channel), linkOf(connect().channel)];
  expect(new Set([nextToken(one), nextToken(one), nextToken(one)]).size).toBe(3);
  const handles = [nextHandle(one), nextHandle(one), nextHandle(two)];
  expect(new Set(handles).size).toBe(3);
  expect(handles.every(Number.isSafeInteger)).toBe(true);
});
