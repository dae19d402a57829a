/** A page that speaks kkrpc 2, and a Python worker: what it says was seen of a real one. */

import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { kkrpcPlatform } from "../src/io/kkrpc-platform.js";
import { NodeProcessIo } from "../src/io/node.js";
import { TauriEventIo } from "../src/io/tauri-event.js";
import type { Transport } from "../src/index.js";
import { failure } from "./fake-worker.js";
import { Kkrpc2Channel } from "./kkrpc2.js";
import { startRelay } from "./relay-bus.js";
import type { RelayBus } from "./relay-bus.js";
import { closePage, openPage } from "./tauri-page.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PYTHON = process.env["RPC_WORKER_PYTHON"] ?? `${ROOT}/.venv/bin/python`;
const WORKER = fileURLToPath(new URL("worker/kkrpc.py", import.meta.url));

let bus: RelayBus | undefined;
let left: string[];
let channel: Kkrpc2Channel;

async function* counting(name: string, to: number): AsyncGenerator<number> {
  try {
    for (let number = 0; number < to; number++) yield number;
  } finally {
    left.push(name);
  }
}

const exposed = {
  confirm: (question: string) => question === "sure?",
  each: (values: number[], told: (value: number) => void) => {
    for (const value of values) told(value);
    return values.length;
  },
  letters: (word: string) =>
    (async function* () {
      for (const letter of word) yield letter;
    })(),
  total: async (numbers: AsyncIterable<number>) => {
    let total = 0;
    for await (const number of numbers) total += number;
    return total;
  },
} as unknown as Record<string, (...args: unknown[]) => unknown>;

beforeEach(() => {
  openPage();
  left = [];
});

afterEach(async () => {
  channel.destroy();
  await bus?.stop();
  bus = undefined;
  closePage();
});

describe.each<[string, () => Transport]>([
  ["the relay", () => ((bus = startRelay([PYTHON, WORKER])), new TauriEventIo())],
  ["a child process", () => new NodeProcessIo(PYTHON, [WORKER], { forwardStderr: false })],
])("through %s", (_name, start) => {
  beforeEach(() => {
    channel = new Kkrpc2Channel(kkrpcPlatform(start()), exposed);
  });

  test("calls, many at once; what returns nothing is undefined", async () => {
    expect(await channel.call("add", 1, 2)).toBe(3);
    expect(await channel.call("math.square", 7)).toBe(49);
    expect(await channel.call("greet", "you")).toBe("Hello, you");
    expect(await channel.call("greet", "you", undefined)).toBe("Hello, you");
    expect(await channel.call("nothing")).toBeUndefined();
    expect(await channel.call("find", "")).toBeNull();
    const text = "straße \u2028 \ud83d\ude00 ".repeat(20_000);
    expect((await channel.call("echo", text)) === text).toBe(true);
    const numbers = Array.from({ length: 300 }, (_, index) => index);
    const sums = await Promise.all(numbers.map((number) => channel.call("add", number, 1)));
    expect(sums).toEqual(numbers.map((number) => number + 1));
  });

  test("errors have a name, a message and their fields", async () => {
    expect(await failure(channel.call("open", "/tmp/x"))).toMatchObject({
      name: "NotFound",
      message: "no such file",
      path: "/tmp/x",
      code: 4004,
      data: { path: "/tmp/x" },
    });
    expect(await failure(channel.call("fail", "not today"))).toMatchObject({
      name: "ValueError",
      message: "not today",
    });
    expect(await failure(channel.call("add", "1", 2))).toMatchObject({ name: "InvalidParams" });
    expect(await failure(channel.call("absent"))).toMatchObject({ name: "MethodNotFound" });
  });

  test("callbacks are called, and let go of some seconds later", async () => {
    const values: unknown[] = [];
    expect(await channel.call("each", [1, 2, 3], (value: unknown) => values.push(value))).toBe(3);
    expect(values).toEqual([1, 2, 3]);
    expect(channel.lent).toBe(1);
    await expect.poll(() => channel.lent, { timeout: 15_000 }).toBe(0);
  });

  test("a stream of the worker's, to its end, and left early", async () => {
    const numbers: unknown[] = [];
    for await (const number of channel.stream("count", 1000)) numbers.push(number);
    expect(numbers).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    for await (const number of channel.stream("count", 1e9)) if (number === 40) break;
    for await (const _number of channel.stream("count", 0)) throw new Error("there is none");
    expect(await channel.call("add", 1, 1)).toBe(2);
  });

  test("a stream of the page's, to its end, and left early", async () => {
    expect(await channel.call("total", counting("total", 100))).toBe(4950);
    expect(await channel.call("first", counting("first", 1e9))).toBe(0);
    expect(left).toEqual(["total", "first"]);
    expect(await channel.call("total", [1, 2, 3])).toBe(6);
    expect(channel.lent).toBe(0);
  });

  test("the worker calls the page: with functions and streams, both ways", async () => {
    expect(await channel.call("ask", "sure?")).toBe(true);
    expect(await channel.call("ask", "really?")).toBe(false);
    expect(await channel.call("askEach", [1, 2])).toEqual([1, 2]);
    expect(await channel.call("spell", "word")).toEqual(["w", "o", "r", "d"]);
    expect(await channel.call("addUp", 100)).toBe(4950);
    expect(channel.lent).toBe(0);
  });

  test.each(["get", "set", "new", "ref"])("%s is refused in words", async (op) => {
    expect(await failure(channel.request(op, "math.square", [], 1))).toMatchObject({
      name: "MethodNotFound",
      message: expect.stringMatching(/: a contract has methods/) as string,
    });
  });
});
