import { expect, test, vi } from "vitest";
import { CallTable } from "../src/calls.js";
import type { Call } from "../src/calls.js";

function call(id: string): Call {
  return { id, resolve: vi.fn(), reject: vi.fn(), together: [] };
}

test("a call leaves the table once", () => {
  const table = new CallTable();
  const [sent, waiting] = [call("S:1"), call("S:2")];
  table.markSent([sent]);
  expect([1, null, undefined, "S:2"].map((id) => table.take(id))).toEqual(Array(4).fill(undefined));
  expect(table.take("S:1")).toBe(sent);
  expect(table.take("S:1")).toBeUndefined();

  const submission = { calls: [waiting], requests: ["{}"], isBatch: false };
  table.wait(submission);
  expect(table.takeWaiting()).toEqual([submission]);
  table.rejectAll(new Error("late"));
  expect([sent.reject, waiting.reject].map((reject) => vi.mocked(reject).mock.calls)).toEqual([
    [],
    [],
  ]);
});

test("calls know which were sent in the same line", () => {
  const table = new CallTable();
  const [a, b, c] = [call("S:1"), call("S:2"), call("S:3")];
  table.markSent([a, b]);
  table.markSent([c]);
  expect([a.together, b.together, c.together]).toEqual([[a, b], [a, b], [c]]);
});

test("what was sent can be failed by itself", () => {
  const table = new CallTable();
  const [sent, waiting] = [call("S:1"), call("S:2")];
  table.markSent([sent]);
  table.wait({ calls: [waiting], requests: ["{}"], isBatch: false });
  const error = new Error("gone");
  table.rejectSent(error);
  expect(sent.reject).toHaveBeenCalledWith(error);
  expect(waiting.reject).not.toHaveBeenCalled();
  table.rejectAll(error);
  expect(waiting.reject).toHaveBeenCalledWith(error);
  expect(sent.reject).toHaveBeenCalledTimes(1);
});
