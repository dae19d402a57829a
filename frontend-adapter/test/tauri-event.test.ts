import { emit } from "@tauri-apps/api/event";
import { clearMocks, mockIPC, mockWindows } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TauriEventIo } from "../src/io/tauri-event.js";
import { ChannelClosed, createChannel } from "../src/index.js";
import type { CloseReason } from "../src/index.js";
import { failure, settle } from "./fake-worker.js";

beforeEach(() => {
  vi.stubGlobal("window", globalThis);
  mockIPC(() => undefined, { shouldMockEvents: true });
});

afterEach(() => {
  clearMocks();
  vi.unstubAllGlobals();
});

interface Opened {
  readonly io: TauriEventIo;
  readonly chunks: string[];
  /** Of workers. */
  readonly ends: CloseReason[];
  /** Of the connection. */
  readonly reasons: (CloseReason | undefined)[];
}

async function opened(io: TauriEventIo = new TauriEventIo()): Promise<Opened> {
  const chunks: string[] = [];
  const reasons: (CloseReason | undefined)[] = [];
  const ends: CloseReason[] = [];
  await io.open({
    chunk: (text) => chunks.push(text),
    exited: (reason) => ends.push(reason),
    closed: (reason) => reasons.push(reason),
  });
  return { io, chunks, ends, reasons };
}

describe("as a transport", () => {
  test.each([
    ["a line that the relay stripped", "{}", "{}\n"],
    ["a line that it did not", "{}\n", "{}\n"],
    ["a line from Windows", "{}\r\n", "{}\r\n"],
    ["several lines", "{}\n{}", "{}\n{}\n"],
    ["an empty line", "", "\n"],
  ])("%s ends with one newline", async (_name, payload, chunk) => {
    const { chunks } = await opened();
    await emit("runtime-stdout", payload);
    expect(chunks).toEqual([chunk]);
  });

  test("writes each chunk as one event", async () => {
    const { io } = await opened();
    const invoke = vi.spyOn(window.__TAURI_INTERNALS__, "invoke");
    await io.write("{}\n{}\n");
    expect(invoke.mock.calls.map(([command, payload]) => [command, payload])).toEqual([
      ["plugin:event|emit", { event: "frontend-to-runtime", payload: "{}\n{}\n" }],
    ]);
  });

  test("the events' names are options", async () => {
    const io = new TauriEventIo({ stdout: "out", stdin: "in", exit: "end", stderr: "err" });
    const { chunks, ends } = await opened(io);
    const invoke = vi.spyOn(window.__TAURI_INTERNALS__, "invoke");
    await io.write("x\n");
    expect(invoke.mock.calls[0]?.[1]).toMatchObject({ event: "in" });
    await emit("out", "x");
    await emit("err", "sad");
    await emit("end", 3);
    expect(chunks).toEqual(["x\n"]);
    expect(ends).toEqual([{ message: "The worker exited", exitCode: 3, stderr: "sad" }]);
  });

  test.each([
    [1, { exitCode: 1 }],
    [null, {}],
    [undefined, {}],
    [{ code: 0, signal: null }, { exitCode: 0 }],
    [{ code: null, signal: 9 }, { signal: "signal 9" }],
    [{ code: null, signal: "SIGKILL" }, { signal: "SIGKILL" }],
  ])("the payload of the exit can be %o", async (payload, reason) => {
    const { ends } = await opened();
    await emit("runtime-exit", payload);
    expect(ends).toEqual([{ message: "The worker exited", ...reason }]);
  });

  test("of stderr, the last twenty lines are told; the next worker's begins anew", async () => {
    const { ends, reasons } = await opened();
    for (let line = 1; line <= 30; line++) await emit("runtime-stderr", `line ${line}`);
    await emit("runtime-exit", 1);
    const lines = Array.from({ length: 20 }, (_, index) => `line ${index + 11}`).join("\n");
    await emit("runtime-exit", 2);
    expect(ends).toEqual([
      { message: "The worker exited", exitCode: 1, stderr: lines },
      { message: "The worker exited", exitCode: 2 },
    ]);
    expect(reasons).toEqual([]);
  });

  test("a relay that does not emit text is told so", async () => {
    const { reasons } = await opened();
    await emit("runtime-stdout", { line: "x" });
    expect(reasons).toEqual([
      {
        message:
          "The event 'runtime-stdout' carried object instead of a string: the relay must emit each line as text",
      },
    ]);
  });

  test("after close nothing arrives, and nobody listens any more", async () => {
    const { io, chunks, reasons } = await opened();
    const callbacks = window.__TAURI_INTERNALS__.callbacks;
    expect(callbacks.size).toBe(3);
    io.close();
    await settle();
    expect(callbacks.size).toBe(0);
    await emit("runtime-stdout", "{}");
    expect([chunks, reasons]).toEqual([[], []]);
  });

  test("closed before it was open, it stops listening as soon as it does", async () => {
    const io = new TauriEventIo();
    const opening = opened(io);
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
    const opening = opened(io);
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

  test("an event that cannot be sent costs its calls, not the channel", async () => {
    let isUp = false;
    const sent: string[] = [];
    mockIPC((command, payload) => {
      if (command !== "plugin:event|emit") return 1;
      if (!isUp) throw new Error("no relay yet");
      return sent.push((payload as { payload: string }).payload);
    });
    const errors: string[] = [];
    const channel = createChannel(new TauriEventIo(), {
      onError: ({ message }) => errors.push(message),
    });
    expect(await failure(channel.call("a"))).toMatchObject({ message: "no relay yet" });
    isUp = true;
    const next = failure(channel.call("b"));
    await settle();
    expect(sent).toEqual([expect.stringContaining('"method":"system.hello"')]);
    expect(errors).toEqual(["no relay yet"]);
    channel.destroy();
    expect(await next).toMatchObject({ message: "The channel was destroyed" });
  });

  test("a page that may not listen gets a channel that is closed for that reason", async () => {
    mockIPC(() => {
      throw new Error("event.listen not allowed");
    });
    const channel = createChannel(new TauriEventIo());
    expect(await failure(channel.call("a"))).toBeInstanceOf(ChannelClosed);
    expect(await channel.closed).toEqual({ message: "event.listen not allowed" });
  });
});

describe("as kkrpc's IoInterface", () => {
  test("has its members", () => {
    const io = new TauriEventIo();
    expect(io.name).toBe("tauri-event-io");
    expect(io.isDestroyed).toBe(false);
    io.destroy();
    expect(io.isDestroyed).toBe(true);
  });

  test("read gives each text to one reader, in order", async () => {
    const io = new TauriEventIo();
    const first = io.read();
    await settle();
    for (const payload of ["1", "2", "3"]) await emit("runtime-stdout", payload);
    expect([await first, await io.read(), await io.read()]).toEqual(["1\n", "2\n", "3\n"]);
  });

  test("keeps nothing for a reader that has never been there", async () => {
    const io = new TauriEventIo();
    await io.write("listen\n");
    await emit("runtime-stdout", "lost");
    const next = io.read();
    await emit("runtime-stdout", "found");
    expect(await next).toBe("found\n");
  });

  test("a reader that lets a thousand texts pass has left: nothing is kept for it", async () => {
    const io = new TauriEventIo();
    const first = io.read();
    await settle();
    const say = async (count: number): Promise<void> => {
      for (let line = 1; line <= count; line++) await emit("runtime-stdout", `line ${line}`);
    };
    await say(1001);
    expect([await first, await io.read()]).toEqual(["line 1\n", "line 2\n"]);
    await say(10); // 1,009 texts wait now.
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

  test("a listener gets the text, and no reader", async () => {
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
