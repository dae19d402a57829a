/** Giving up on a call (protocol, section 5): by a signal, or by a deadline. */

import { afterEach, describe, expect, test, vi } from "vitest";
import { RpcError, batch } from "../src/index.js";
import { HELLO, connect, failure, settle } from "./fake-worker.js";

/** An abort signal, and how often somebody still listens to it. */
function aborting(): { controller: AbortController; signal: AbortSignal; listeners: () => number } {
  const controller = new AbortController();
  const { signal } = controller;
  const add = vi.spyOn(signal, "addEventListener");
  const remove = vi.spyOn(signal, "removeEventListener");
  return {
    controller,
    signal,
    listeners: () => add.mock.calls.length - remove.mock.calls.length,
  };
}

describe("a call that is aborted", () => {
  test.each([
    ["an error", new Error("enough")],
    ["text", "enough"],
    ["null", null],
  ])("rejects at once with the signal's reason: %s", async (_name, reason) => {
    const { channel, worker } = connect();
    await worker.greet();
    const { controller, signal } = aborting();
    const call = failure(channel.call("a", [], { signal }));
    await worker.line();
    controller.abort(reason);
    expect(await call).toBe(reason);
  });

  test("is cancelled in the worker, by name, and its late answer is dropped", async () => {
    const { channel, worker, errors } = connect();
    const session = await worker.greet();
    const { controller, signal, listeners } = aborting();
    const call = failure(channel.call("a", undefined, { signal }));
    const request = await worker.line();
    expect(request).toBe(`{"jsonrpc":"2.0","id":"${session}:1","method":"a"}`);
    controller.abort();
    expect(await worker.line()).toBe(
      `{"jsonrpc":"2.0","session":"${session}","method":"$/cancelRequest","params":{"id":"${session}:1"}}`,
    );
    expect(await call).toMatchObject({ name: "AbortError" });
    expect(listeners()).toBe(0);
    worker.answer(`${session}:1`, "late");
    worker.refuse(`${session}:1`, -32800, "Cancelled");
    await settle();
    expect(errors).toEqual([]);
    expect(worker.unread).toEqual([]);
  });

  test("before it was made sends nothing", async () => {
    const { channel, worker } = connect();
    await worker.greet();
    const reason = new Error("before");
    expect(await failure(channel.call("a", [], { signal: AbortSignal.abort(reason) }))).toBe(
      reason,
    );
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("before the worker is ready is never sent, nor cancelled", async () => {
    const { channel, worker } = connect();
    const { controller, signal } = aborting();
    const call = failure(channel.call("a", [], { signal }));
    const other = channel.call("b");
    controller.abort();
    expect(await call).toMatchObject({ name: "AbortError" });
    await worker.greet();
    const { id, method } = await worker.message();
    expect(method).toBe("b");
    worker.answer(id, 1);
    expect(await other).toBe(1);
    expect(worker.unread).toEqual([]);
  });

  test("inside a batch that is being made is left out of it", async () => {
    const { channel, worker } = connect();
    await worker.greet();
    const { controller, signal } = aborting();
    const [call] = batch(channel, () => {
      const calls = [failure(channel.call("a", [], { signal })), channel.call("b")];
      controller.abort();
      return calls;
    });
    expect(await call).toMatchObject({ name: "AbortError" });
    expect(JSON.parse(await worker.line())).toMatchObject([{ method: "b" }]);
  });

  test("of a batch leaves the others, whose answers cannot be read with its own", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    const { controller, signal } = aborting();
    const [first, second] = batch(
      channel,
      () => [failure(channel.call("a", [], { signal })), channel.call("b")] as const,
    );
    await worker.line();
    controller.abort();
    await first;
    worker.say(`[{"jsonrpc":"2.0","id":"${session}:1","result":1},{"jsonrpc"`);
    expect(await failure(second)).toMatchObject({ code: -32700 });
  });

  test("after its answer changes nothing", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    const { controller, signal, listeners } = aborting();
    const call = channel.call("a", [], { signal });
    await worker.line();
    worker.answer(`${session}:1`, 1);
    expect(await call).toBe(1);
    expect(listeners()).toBe(0);
    controller.abort();
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("when its worker is gone already cancels nothing in the next one", async () => {
    const { channel, worker } = connect();
    await worker.greet();
    const { controller, signal, listeners } = aborting();
    const call = failure(channel.call("a", [], { signal }));
    await worker.line();
    worker.notify("$/ready", { ...HELLO, instance: "i2" });
    expect(await call).toMatchObject({ name: "SessionEnded" });
    expect(listeners()).toBe(0);
    await worker.greet({ ...HELLO, instance: "i2" });
    controller.abort();
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("and was cancelled by another rejects with the worker's error", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    const call = channel.call("a");
    await worker.line();
    worker.refuse(`${session}:1`, -32800, "Cancelled");
    expect(await failure(call)).toBeInstanceOf(RpcError);
  });
});

describe("a signal", () => {
  test.each([{}, "abort", 5, new AbortController()])("is refused: %j", async (signal) => {
    const { channel, worker } = connect();
    await worker.greet();
    const error = await failure(channel.call("a", [], { signal: signal as AbortSignal }));
    expect(error).toEqual(new TypeError("a: signal: expected an AbortSignal"));
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("of many calls has one listener, which each of them leaves by itself", async () => {
    const { channel, worker } = connect();
    const { controller, signal, listeners } = aborting();
    const session = await worker.greet();
    const call = (): Promise<unknown> => failure(channel.call("a", [], { signal }));
    const answered = call();
    const aborted = Promise.all(Array.from({ length: 20 }, call));
    await settle();
    expect(listeners()).toBe(1);
    worker.refuse(`${session}:1`, 7, "no");
    expect(await answered).toMatchObject({ code: 7 });
    expect(listeners()).toBe(1);
    controller.abort();
    expect(await aborted).toEqual(Array.from({ length: 20 }, () => signal.reason));
    expect(listeners()).toBe(0);
  });

  test("is listened to again after its last call has ended", async () => {
    const { channel, worker } = connect();
    const { controller, signal, listeners } = aborting();
    const session = await worker.greet();
    const first = channel.call("a", [], { signal });
    await worker.line();
    worker.answer(`${session}:1`, 1);
    expect(await first).toBe(1);
    expect(listeners()).toBe(0);
    const second = failure(channel.call("a", [], { signal }));
    controller.abort();
    expect(await second).toBe(signal.reason);
  });
});

describe("a deadline", () => {
  afterEach(() => void vi.useRealTimers());

  test.each([0, 1.5, 60_000])("goes with the request: %d ms", async (timeoutMs) => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    const call = channel.call("a", [1], { timeoutMs });
    expect(await worker.line()).toBe(
      `{"jsonrpc":"2.0","id":"${session}:1","method":"a","params":[1],"timeoutMs":${timeoutMs}}`,
    );
    worker.answer(`${session}:1`, 1);
    expect(await call).toBe(1);
  });

  test.each([-1, NaN, Infinity, "5", null])("is refused: %s", async (timeoutMs) => {
    const { channel, worker } = connect();
    await worker.greet();
    const error = await failure(channel.call("a", [], { timeoutMs: timeoutMs as number }));
    expect(error).toEqual(
      new TypeError("a: timeoutMs: expected a finite number that is not negative"),
    );
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("that the worker tells of is a TimeoutError, and nothing is cancelled", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    const call = channel.call("a", [], { timeoutMs: 5 });
    await worker.line();
    worker.refuse(`${session}:1`, -32050, "Deadline exceeded");
    const error = await failure(call);
    expect(error).toBeInstanceOf(DOMException);
    expect(error).toMatchObject({ name: "TimeoutError", message: "Deadline exceeded" });
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("that the worker does not keep: 1 s later the call rejects, and is cancelled", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const call = failure(channel.call("a", [], { timeoutMs: 50 }));
    await worker.line();
    vi.advanceTimersByTime(1049);
    await settle();
    expect(worker.unread).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(await call).toMatchObject({ name: "TimeoutError", message: "No answer within 50 ms" });
    expect(await worker.message()).toMatchObject({
      method: "$/cancelRequest",
      params: { id: `${session}:1` },
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("ends a call that waits for a worker as well", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { channel } = connect();
    const call = failure(channel.call("a", [], { timeoutMs: 0 }));
    vi.advanceTimersByTime(1000);
    expect(await call).toMatchObject({ name: "TimeoutError" });
  });
});
