import { emit } from "@tauri-apps/api/event";
import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { TauriEventIo } from "../src/io/tauri-event.js";
import { ChannelClosed, createChannel } from "../src/index.js";
import type { CloseReason } from "../src/index.js";
import { failure, settle } from "./fake-worker.js";
import { receiver } from "./receiver.js";

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
  await io.open(
    receiver({
      chunk: (text) => chunks.push(text),
      exited: (reason) => ends.push(reason),
      closed: (reason) => reasons.push(reason),
    }),
  );
  return { io, chunks, ends, reasons };
}

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
