/** An app that uses kkrpc today: its channel, its worker; only the adapter is ours. */

import { fileURLToPath } from "node:url";
import { RPCChannel } from "kkrpc/browser";
import { afterEach, beforeEach, expect, test } from "vitest";
import { TauriEventIo } from "../src/io/tauri-event.js";
import { settle } from "./fake-worker.js";
import { startRelay } from "./relay-bus.js";

const WORKER = fileURLToPath(new URL("kkrpc-worker.mjs", import.meta.url));

interface Api extends Record<string, unknown> {
  add(a: number, b: number): Promise<number>;
  echo(message: unknown): Promise<unknown>;
  readonly math: { square(x: number): Promise<number> };
  each(values: number[], callback: (value: number) => void): Promise<number>;
  fail(message: string): Promise<void>;
}

function connect(io: TauriEventIo): Api {
  return new RPCChannel<Record<string, never>, Api>(io).getAPI();
}

let bus: ReturnType<typeof startRelay>;

beforeEach(() => {
  bus = startRelay([process.execPath, WORKER]);
});

afterEach(() => bus.stop());

test("kkrpc's channel reaches kkrpc's worker", async () => {
  const api = connect(new TauriEventIo());
  expect(await api.add(1, 2)).toBe(3);
  expect(await api.math.square(7)).toBe(49);
  expect(await api.echo({ text: "straße \u2028", date: new Date(0) })).toEqual({
    text: "straße \u2028",
    date: new Date(0),
  });
  await expect(api.fail("no such file")).rejects.toThrow("no such file");
  const values: number[] = [];
  expect(await api.each([1, 2, 3], (value) => values.push(value))).toBe(3);
  expect(values).toEqual([1, 2, 3]);
  expect(bus.lines.some((line) => line.endsWith("\n"))).toBe(false);
});

test("many calls at once", async () => {
  const api = connect(new TauriEventIo());
  const numbers = Array.from({ length: 200 }, (_, index) => index);
  expect(await Promise.all(numbers.map((n) => api.add(n, 1)))).toEqual(numbers.map((n) => n + 1));
});

class Stripped extends TauriEventIo {
  override async read(): Promise<string> {
    return (await super.read()).replace(/\n$/, "");
  }
}

test.each([
  ["with the newline that the relay took, each answer settles its call", new TauriEventIo(), 2],
  ["without it, none ever does", new Stripped(), 0],
])("%s", async (_name, io, expected) => {
  const api = connect(io);
  let settled = 0;
  for (const text of ["first", "second"]) void api.echo(text).finally(() => settled++);
  // Both answers have come to the page, and the channel has had every turn that it could use.
  await bus.linesReach(2);
  await settle();
  expect(bus.lines.map((line) => /first|second/.test(line))).toEqual([true, true]);
  expect(settled).toBe(expected);
});

test("the exit of the worker is an event", async () => {
  const errors: unknown[] = [];
  const io = new TauriEventIo();
  io.on("error", (error) => errors.push(error));
  expect(await connect(io).add(1, 1)).toBe(2);
  await bus.quit();
  expect(errors.map(String)).toEqual(["ChannelClosed: The worker exited (exit code 0)"]);
});
