/** What the adapters for Tauri have in common, shown on one of them. */

import { emit } from "@tauri-apps/api/event";
import { clearMocks, mockIPC, mockWindows } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TauriEventIo } from "../src/io/tauri-event.js";
import { createChannel } from "../src/index.js";
import { settle } from "./fake-worker.js";
import { receiver } from "./receiver.js";

beforeEach(() => {
  vi.stubGlobal("window", globalThis);
  mockIPC(() => undefined, { shouldMockEvents: true });
});

afterEach(() => {
  clearMocks();
  vi.unstubAllGlobals();
});

const nobody = receiver({});

test("closed before it was open, it stops listening as soon as it does", async () => {
  const io = new TauriEventIo();
  const opening = io.open(nobody);
  io.close();
  await opening;
  await settle();
  expect(window.__TAURI_INTERNALS__.callbacks.size).toBe(0);
});

test("closed at once, it does not mind that it cannot even stop listening", async () => {
  const rejections = vi.fn();
  process.on("unhandledRejection", rejections);
  mockIPC((command) => {
    if (command === "plugin:event|unlisten") throw new Error("the page is going");
    return 1;
  });
  const io = new TauriEventIo();
  const opening = io.open(nobody);
  io.close();
  await opening;
  await settle();
  process.off("unhandledRejection", rejections);
  expect(rejections).not.toHaveBeenCalled();
});

test("names its window by Tauri's label, and knows that there may be none", async () => {
  expect(new TauriEventIo().window).toBeUndefined();
  mockWindows("settings");
  expect(new TauriEventIo().window).toBe("settings");
  const invoke = vi.spyOn(window.__TAURI_INTERNALS__, "invoke");
  const channel = createChannel(new TauriEventIo());
  await settle();
  channel.destroy();
  const hello = invoke.mock.calls.find(([command]) => command === "plugin:event|emit");
  expect((hello?.[1] as { payload: string }).payload).toContain('"window":"settings"');
  vi.stubGlobal("__TAURI_INTERNALS__", undefined);
  expect(new TauriEventIo().window).toBeUndefined();
});

test("writes wait for each other: requests to the host overtake each other", async () => {
  const begun: unknown[] = [];
  const settling: (() => void)[] = [];
  mockIPC((command, payload) => {
    if (command !== "plugin:event|emit") return 1;
    begun.push((payload as { payload: string }).payload);
    return new Promise<void>((resolve, reject) =>
      settling.push(begun.length === 1 ? reject : resolve),
    );
  });
  const io = new TauriEventIo();
  const writes = ["1\n", "2\n3\n", "4"].map((text) => io.write(text));
  const [first, ...others] = writes.map((write) =>
    write.then(
      () => true,
      () => false,
    ),
  );
  for (let count = 1; count <= 3; count++) {
    await settle();
    expect(begun).toEqual(["1\n", "2\n3\n", "4\n"].slice(0, count));
    settling[count - 1]?.();
  }
  expect([await first, ...(await Promise.all(others))]).toEqual([false, true, true]);
});

test("destroyed while writes wait, it writes none of those that have not begun", async () => {
  let go: () => void = () => undefined;
  const emitted: unknown[] = [];
  mockIPC((command, payload) => {
    if (command !== "plugin:event|emit") return 1;
    emitted.push((payload as { payload: string }).payload);
    return new Promise<void>((resolve) => (go = resolve));
  });
  const io = new TauriEventIo();
  const writes = ["1\n", "2\n", "3\n"].map((text) => io.write(text));
  await settle();
  io.destroy();
  go();
  await Promise.all(writes);
  await io.write("4\n");
  expect(emitted).toEqual(["1\n"]);
});

describe("as kkrpc's IoInterface", () => {
  test("has its members", () => {
    const io = new TauriEventIo();
    expect(io.name).toBe("tauri-event-io");
    expect(io.isDestroyed).toBe(false);
    io.destroy();
    expect(io.isDestroyed).toBe(true);
  });

  test("read gives each line to one reader, in order", async () => {
    const io = new TauriEventIo();
    const first = io.read();
    await settle();
    for (const payload of ["1", "2", "3"]) await emit("runtime-stdout", payload);
    expect([await first, await io.read(), await io.read()]).toEqual(["1\n", "2\n", "3\n"]);
  });

  test("read gives whole lines, however the text comes", async () => {
    const io = new TauriEventIo();
    const first = io.read();
    await settle();
    await emit("runtime-stdout", "{1}\r\n\n{2}\n{3}");
    expect([await first, await io.read(), await io.read()]).toEqual(["{1}\n", "{2}\n", "{3}\n"]);
  });

  test("keeps nothing for a reader that has never been there", async () => {
    const io = new TauriEventIo();
    await io.write("listen\n");
    await emit("runtime-stdout", "lost");
    const next = io.read();
    await emit("runtime-stdout", "found");
    expect(await next).toBe("found\n");
  });

  test("a reader that lets a thousand lines pass has left: nothing is kept for it", async () => {
    const io = new TauriEventIo();
    const first = io.read();
    await settle();
    const say = async (count: number): Promise<void> => {
      for (let line = 1; line <= count; line++) await emit("runtime-stdout", `line ${line}`);
    };
    await say(1001);
    expect([await first, await io.read()]).toEqual(["line 1\n", "line 2\n"]);
    await say(10); // 1,009 lines wait now.
    const next = io.read();
    await emit("runtime-stdout", "found");
    expect(await next).toBe("found\n");
  });

  test("a listener that throws starves no other", async () => {
    const error = vi.spyOn(console, "error").mockImplementation(() => undefined);
    const io = new TauriEventIo();
    const seen: unknown[] = [];
    const broken = (): void => {
      throw new Error("mine");
    };
    for (const event of ["message", "error"] as const)
      for (const listener of [broken, (value: unknown) => seen.push(String(value))])
        io.on(event, listener);
    await settle();
    await emit("runtime-stdout", "1");
    await emit("runtime-exit", 0);
    expect(seen).toEqual(["1\n", "ChannelClosed: The worker exited (exit code 0)"]);
    expect(error.mock.calls.map(String)).toEqual(["Error: mine", "Error: mine"]);
    error.mockRestore();
  });

  test("a listener gets the line, and no reader", async () => {
    const io = new TauriEventIo();
    const texts: unknown[] = [];
    const listener = (text: unknown): unknown => texts.push(text);
    let read: string | undefined;
    void io.read().then((text) => (read = text));
    io.on("message", listener);
    await settle();
    await emit("runtime-stdout", "1");
    io.off("message", listener);
    await emit("runtime-stdout", "2");
    await settle();
    expect([texts, read]).toEqual([["1\n"], "2\n"]);
  });

  test("destroyed while it begins to listen, it gives nothing to anybody", async () => {
    const io = new TauriEventIo();
    const listener = vi.fn();
    io.on("message", listener);
    io.on("error", listener);
    const next = io.read();
    void next.then(listener);
    io.destroy();
    await emit("runtime-stdout", "x");
    await emit("runtime-exit", 0);
    await settle();
    expect(listener).not.toHaveBeenCalled();
  });

  test("write waits until it listens, so that no answer is missed", async () => {
    const order: string[] = [];
    mockIPC(
      (command, payload) => void order.push(`${command} ${(payload as { event: string }).event}`),
    );
    await new TauriEventIo().write("x\n");
    expect(order).toEqual([
      "plugin:event|listen runtime-stdout",
      "plugin:event|listen runtime-stderr",
      "plugin:event|listen runtime-exit",
      "plugin:event|emit frontend-to-runtime",
    ]);
  });

  test.each(["before", "after"])(
    "a read that began %s the destruction hangs: given null, kkrpc would spin",
    async (when) => {
      const io = new TauriEventIo();
      const ended = vi.fn();
      if (when === "before") void io.read().then(ended);
      await settle();
      io.destroy();
      if (when === "after") void io.read().then(ended);
      await emit("runtime-stdout", "x");
      await emit("runtime-exit", 0);
      await settle();
      expect(ended).not.toHaveBeenCalled();
    },
  );

  test("the exit, and a page that may not listen, go to its listeners for errors", async () => {
    const errors: unknown[] = [];
    const io = new TauriEventIo();
    io.on("error", (error) => errors.push(error));
    await settle();
    await emit("runtime-exit", 1);
    mockIPC(() => {
      throw new Error("not allowed");
    });
    new TauriEventIo().on("error", (error) => errors.push(error));
    await settle();
    expect(errors.map(String)).toEqual([
      "ChannelClosed: The worker exited (exit code 1)",
      "Error: not allowed",
    ]);
  });
});
