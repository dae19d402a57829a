import { afterEach, describe, expect, test, vi } from "vitest";
import { Call, CallTable } from "../src/calls.js";
import { Scope } from "../src/link.js";

function made(id: string): { call: Call; resolve: () => void; reject: () => void } {
  const [resolve, reject] = [vi.fn(), vi.fn()];
  return { call: new Call(id, `{"id":"${id}"}`, { resolve, reject }), resolve, reject };
}

describe("the table", () => {
  test("a call leaves it once", () => {
    const table = new CallTable();
    const [sent, waiting] = [made("S:1"), made("S:2")];
    table.markSent([sent.call]);
    expect([1, null, undefined, "S:2"].map((id) => table.take(id))).toEqual(
      Array(4).fill(undefined),
    );
    expect(table.take("S:1")).toBe(sent.call);
    expect(table.take("S:1")).toBeUndefined();

    const submission = { calls: [waiting.call], isBatch: false };
    table.wait(submission);
    expect([...table.takeWaiting()]).toEqual([submission]);
    table.rejectAll(new Error("late"));
    expect(sent.reject).not.toHaveBeenCalled();
    expect(waiting.reject).not.toHaveBeenCalled();
  });

  test("calls know which were sent in the same line; their texts are let go", () => {
    const table = new CallTable();
    const [a, b, c] = [made("S:1").call, made("S:2").call, made("S:3").call];
    expect(a.isSent).toBe(false);
    table.markSent([a, b]);
    table.markSent([c]);
    expect([a.together, b.together, c.together]).toEqual([[a, b], [a, b], [c]]);
    expect([a.isSent, a.request]).toEqual([true, ""]);
  });

  test("what was sent can be failed by itself", () => {
    const table = new CallTable();
    const [sent, waiting] = [made("S:1"), made("S:2")];
    table.markSent([sent.call]);
    table.wait({ calls: [waiting.call], isBatch: false });
    const error = new Error("gone");
    table.rejectSent(error);
    expect(sent.reject).toHaveBeenCalledWith(error);
    expect(waiting.reject).not.toHaveBeenCalled();
    table.rejectAll(error);
    expect(waiting.reject).toHaveBeenCalledWith(error);
    expect(sent.reject).toHaveBeenCalledTimes(1);
  });
});

describe("a call", () => {
  afterEach(() => void vi.useRealTimers());

  test("settles once", () => {
    const { call, resolve, reject } = made("S:1");
    call.reject(new Error("no"));
    call.resolve(1);
    call.reject(new Error("again"));
    expect([call.isSettled, call.request]).toEqual([true, ""]);
    expect(reject).toHaveBeenCalledTimes(1);
    expect(resolve).not.toHaveBeenCalled();
  });

  test.each(["resolve", "reject"] as const)("watches nothing after %s", (settle) => {
    vi.useFakeTimers();
    const { call } = made("S:1");
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, "removeEventListener");
    const add = vi.spyOn(signal, "addEventListener");
    call.watch({ signal, timeoutMs: 5 }, () => undefined);
    expect(vi.getTimerCount()).toBe(1);
    call[settle](new Error("x"));
    expect(vi.getTimerCount()).toBe(0);
    expect(remove.mock.calls).toEqual(add.mock.calls);
  });

  test("with a deadline beyond what timers can hold has no timer, which would fire at once", () => {
    vi.useFakeTimers();
    made("S:1").call.watch({ timeoutMs: 2 ** 40 }, () => undefined);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a scope", () => {
  test("ends what is attached, the last first, once, with the reason", () => {
    const scope = new Scope();
    const ended: unknown[] = [];
    scope.attach((reason) => ended.push(["a", reason]));
    scope.attach((reason) => ended.push(["b", reason]));
    scope.attach((reason) => ended.push(["c", reason]))();
    const reason = new Error("lost");
    scope.end(reason);
    scope.end();
    expect(ended).toEqual([
      ["b", reason],
      ["a", reason],
    ]);
    scope.attach(() => ended.push("at once"));
    expect(ended).toHaveLength(3);
  });

  test("is held beyond its answer by each stream that was returned", () => {
    const scope = new Scope();
    const [one, two] = [scope.hold(), scope.hold()];
    one();
    one();
    scope.answered();
    expect(scope.ended).toBe(false);
    two();
    expect(scope.ended).toBe(true);
  });

  test.each([
    ["a result", (call: Call) => call.resolve(1), undefined],
    ["an error", (call: Call) => call.reject(new Error("no")), new Error("no")],
  ])("ends with its call's answer, %s", (_name, answer, reason) => {
    const scope = new Scope();
    const end = vi.fn();
    scope.attach(end);
    const call = new Call("S:1", "", { resolve: vi.fn(), reject: vi.fn() }, scope);
    answer(call);
    expect(end.mock.calls).toEqual([[reason]]);
  });
});
