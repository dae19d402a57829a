/** Events and log records (protocol, section 8), as a page takes them. */

import { describe, expect, test, vi } from "vitest";
import { event } from "../src/index.js";
import type { EventFeed, LogLevel } from "../src/index.js";
import { linkOf } from "../src/link.js";
import { HELLO, connect, settle } from "./fake-worker.js";
import type { Fixture } from "./fake-worker.js";

interface Fed extends Fixture {
  readonly feed: EventFeed<unknown>;
  readonly session: string;
  /** Has the worker send these, and waits until they have come. */
  readonly emit: (...values: unknown[]) => Promise<void>;
}

async function fed(): Promise<Fed> {
  const fixture = connect();
  const session = await fixture.worker.greet();
  const emit = async (...values: unknown[]): Promise<void> => {
    for (const value of values) fixture.worker.notify("files.changed", [value]);
    await settle();
  };
  return { ...fixture, session, emit, feed: event("files.changed").feed(linkOf(fixture.channel)) };
}

describe("a listener", () => {
  test("gets each payload, beside others, until its unsubscribe, which is there at once", async () => {
    const { feed, emit } = await fed();
    const [one, two] = [vi.fn(), vi.fn()];
    const off = feed.on(one);
    feed.on(two);
    feed.on(two);
    await emit(1, { a: null });
    off();
    off();
    await emit(3);
    expect(one.mock.calls).toEqual([[1], [{ a: null }]]);
    expect(two.mock.calls).toEqual([[1], [1], [{ a: null }], [{ a: null }], [3], [3]]);
  });

  test("gets what is sent to this session alone, and nothing of another's or another name's", async () => {
    const { feed, worker, session } = await fed();
    const listener = vi.fn();
    feed.on(listener);
    worker.notify("files.changed", ["mine"], session);
    worker.notify("files.changed", ["another's"], "other");
    worker.say('{"method":"files.changed","params":["another\'s"],"session":"o","jsonrpc":"2.0"}');
    worker.notify("changed", ["no"]);
    await settle();
    expect(listener.mock.calls).toEqual([["mine"]]);
  });

  test("is taken out when its signal aborts, and leaves nothing on it", async () => {
    const { feed, emit } = await fed();
    const controller = new AbortController();
    const { signal } = controller;
    const add = vi.spyOn(signal, "addEventListener");
    const remove = vi.spyOn(signal, "removeEventListener");
    const listener = vi.fn();
    feed.on(listener, { signal })();
    feed.on(listener, { signal });
    controller.abort();
    feed.on(listener, { signal });
    await emit(1);
    expect(listener).not.toHaveBeenCalled();
    expect(remove.mock.calls).toEqual(add.mock.calls);
  });

  test.each([
    [5, {}, "files.changed: expected a function, received a number"],
    [undefined, {}, "files.changed: expected a function, received undefined"],
    [() => 1, { signal: {} }, "files.changed: signal: expected an AbortSignal"],
  ])("is refused if it is none: %s, %j", async (listener, options, message) => {
    const { feed, channel } = await fed();
    const listen = vi.spyOn(linkOf(channel), "listen");
    expect(() => feed.on(listener as never, options as never)).toThrow(new TypeError(message));
    expect(listen).not.toHaveBeenCalled();
  });

  test("and others of one signal are one listener to it", async () => {
    const { feed, emit } = await fed();
    const controller = new AbortController();
    const add = vi.spyOn(controller.signal, "addEventListener");
    const listeners = Array.from({ length: 20 }, () => vi.fn());
    for (const listener of listeners) feed.on(listener, { signal: controller.signal });
    expect(add).toHaveBeenCalledTimes(1);
    await emit(1);
    controller.abort();
    await emit(2);
    for (const listener of listeners) expect(listener.mock.calls).toEqual([[1]]);
  });

  test("that takes out the next one: that gets nothing more", async () => {
    const { feed, emit } = await fed();
    const next = vi.fn();
    feed.on(() => off());
    const off = feed.on(next);
    await emit(1);
    expect(next).not.toHaveBeenCalled();
  });

  test("that throws is reported; the others get theirs", async () => {
    const { feed, emit, errors } = await fed();
    const other = vi.fn();
    feed.on(() => {
      throw new Error("mine");
    });
    feed.on(other);
    await emit(1);
    expect(other).toHaveBeenCalledWith(1);
    expect(errors).toEqual([new Error("mine")]);
  });

  test("goes on with the next worker", async () => {
    const { feed, emit, worker } = await fed();
    const listener = vi.fn();
    feed.on(listener);
    worker.notify("$/ready", { ...HELLO, instance: "i2" });
    await worker.greet({ ...HELLO, instance: "i2" });
    await emit(2);
    expect(listener.mock.calls).toEqual([[2]]);
  });
});

describe("a loop", () => {
  test("gets what comes from its beginning on, in order; leaving it ends the subscription", async () => {
    const { feed, emit } = await fed();
    await emit("before");
    const iterator = feed[Symbol.asyncIterator]();
    await emit(1, 2, 3);
    const seen = [];
    for await (const value of iterator) {
      seen.push(value);
      if (value === 2) break;
    }
    await emit(4);
    expect(seen).toEqual([1, 2]);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  test("waits for what comes; several can run at once", async () => {
    const { feed, emit } = await fed();
    const [one, two] = [feed[Symbol.asyncIterator](), feed[Symbol.asyncIterator]()];
    const waiting = [one.next(), one.next(), two.next()];
    await emit("a", "b");
    expect(await Promise.all(waiting)).toEqual(
      ["a", "b", "a"].map((value) => ({ done: false, value })),
    );
    expect(await two.next()).toEqual({ done: false, value: "b" });
  });

  test("that is slow loses the oldest, and can tell how many", async () => {
    const { feed, emit } = await fed();
    const iterator = feed[Symbol.asyncIterator]();
    await emit(...Array.from({ length: 1030 }, (_, index) => index));
    expect(iterator.dropped).toBe(6);
    expect(await iterator.next()).toEqual({ done: false, value: 6 });
    expect(iterator.dropped).toBe(6);
  });

  test("ends with the channel, after what has come; not with the worker", async () => {
    const { feed, emit, channel, worker } = await fed();
    const iterator = feed[Symbol.asyncIterator]();
    const waiting = feed[Symbol.asyncIterator]();
    await emit(1);
    await waiting.next();
    const next = waiting.next();
    worker.notify("$/fatal", { message: "no" });
    await settle();
    channel.destroy();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
    for await (const value of feed) throw new Error(`${String(value)} after the end`);
  });
});

describe("log records", () => {
  const record = (level: string): object => ({ level, logger: "app", message: "m" });

  test.each([
    ["debug", ["debug", "info", "warning", "emergency"]],
    ["info", ["info", "warning", "emergency"]],
    ["error", ["emergency"]],
  ])("hello asks for %s, and no lesser ones of those that come are given", async (log, levels) => {
    const onLog = vi.fn();
    const { worker } = connect({ log: log as LogLevel, onLog });
    const hello = await worker.message();
    expect(hello.params).toMatchObject({ log });
    for (const level of ["debug", "info", "warning", "emergency", "loud"])
      worker.notify("$/log", record(level));
    await settle();
    expect(onLog.mock.calls).toEqual(levels.map((level) => [record(level)]));
  });

  test("go to the console if nobody takes them", async () => {
    const info = vi.spyOn(console, "info").mockImplementation(() => undefined);
    const { worker } = connect({ log: "info" });
    worker.notify("$/log", record("error"));
    await settle();
    expect(info.mock.calls).toEqual([[record("error")]]);
    info.mockRestore();
  });

  test("are for those who asked", async () => {
    const onLog = vi.fn();
    const { worker } = connect({ onLog });
    expect((await worker.message()).params).not.toHaveProperty("log");
    worker.notify("$/log", record("error"));
    await settle();
    expect(onLog).not.toHaveBeenCalled();
  });

  test("whose taker throws disturb nobody", async () => {
    const onLog = (): void => {
      throw new Error("mine");
    };
    const { worker, errors } = connect({ log: "info", onLog });
    worker.notify("$/log", record("error"));
    await worker.greet();
    await settle();
    expect(errors).toEqual([new Error("mine")]);
  });
});
