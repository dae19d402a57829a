import { afterEach, describe, expect, test, vi } from "vitest";
import { Call, CallTable } from "../src/calls.js";
import { Scope } from "../src/link.js";

function made(id: string): { call: Call; resolve: () => void; reject: () => void } {
  const [resolve, reject] = [vi.fn(), vi.fn()];
  const call = new Call(id, { resolve, reject });
  call.request = `{"id":"${id}"}`;
  return { call, resolve, reject };
}

/** The first waits for its answer, the second to be sent. */
function tabled(): { table: CallTable; sent: ReturnType<typeof made>; waiting: typeof sent } {
  const table = new CallTable();
  const [sent, waiting] = [made("S:1"), made("S:2")];
  for (const { call } of [sent, waiting]) table.set(call.id, call);
  sent.call.request = "";
  return { table, sent, waiting };
}

describe("the table", () => {
  test("a call leaves it once", () => {
    const { table, sent } = tabled();
    expect([1, null, undefined, "S:3"].map((id) => table.take(id))).toEqual(
      Array(4).fill(undefined),
    );
    expect(table.take("S:1")).toBe(sent.call);
    expect(table.take("S:1")).toBeUndefined();
    table.reject(new Error("late"), true);
    expect(sent.reject).not.toHaveBeenCalled();
  });

  test("calls that went in one line can be failed together", () => {
    const { table, sent, waiting } = tabled();
    const other = made("S:3");
    table.set("S:3", other.call);
    const together = { calls: [sent.call, waiting.call], line: () => undefined };
    for (const call of together.calls) call.together = together;
    const error = new Error("unreadable");
    expect(table.rejectTogether(undefined, error)).toBe(false);
    expect(table.rejectTogether("S:2", error)).toBe(true);
    expect(table.rejectTogether("S:1", error)).toBe(false);
    expect(sent.reject).toHaveBeenCalledWith(error);
    expect(waiting.reject).toHaveBeenCalledTimes(1);
    expect([...table.keys()]).toEqual(["S:3"]);
  });

  test("what was sent can be failed by itself", () => {
    const { table, sent, waiting } = tabled();
    const error = new Error("gone");
    table.reject(error, false);
    expect(sent.reject).toHaveBeenCalledWith(error);
    expect(waiting.reject).not.toHaveBeenCalled();
    table.reject(error, true);
    expect(waiting.reject).toHaveBeenCalledWith(error);
    expect(sent.reject).toHaveBeenCalledTimes(1);
    expect(table.size).toBe(0);
  });
});

describe("a call", () => {
  afterEach(() => void vi.useRealTimers());

  test("settles once", async () => {
    const scope = new Scope();
    const end = vi.fn();
    scope.attach(end);
    let call: Call | undefined;
    const outcome = new Promise((resolve, reject) => {
      call = new Call("S:1", { resolve, reject }, scope);
    });
    call?.reject(new Error("no"));
    call?.resolve(1);
    call?.reject(new Error("again"));
    await expect(outcome).rejects.toThrow("no");
    expect(end.mock.calls).toEqual([[new Error("no")]]);
  });

  test("that has settled has no text any more: params may be large", () => {
    const { call } = made("S:1");
    call.reject(new Error("no"));
    expect(call.request).toBe("");
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
    const call = new Call("S:1", { resolve: vi.fn(), reject: vi.fn() }, scope);
    answer(call);
    expect(end.mock.calls).toEqual([[reason]]);
  });
});
