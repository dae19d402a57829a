/** A page that has kkrpc 0.2.2 and a worker on Node, and another one for which a Python worker took its place. */

import { fileURLToPath } from "node:url";
import { RPCChannel } from "kkrpc/browser";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TauriEventIo } from "../src/io/tauri-event.js";
import { createChannel } from "../src/index.js";
import { failure, settle } from "./fake-worker.js";
import { startRelay } from "./relay-bus.js";
import type { RelayBus } from "./relay-bus.js";
import { closePage, openPage } from "./tauri-page.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PYTHON = [
  process.env["RPC_WORKER_PYTHON"] ?? `${ROOT}/.venv/bin/python`,
  fileURLToPath(new URL("worker/kkrpc.py", import.meta.url)),
];
const NODE = [process.execPath, fileURLToPath(new URL("kkrpc-worker.mjs", import.meta.url))];

interface Meeting {
  readonly title: string;
  readonly begins: Date;
  readonly picture: Uint8Array;
  readonly seats: bigint;
}

interface Api extends Record<string, unknown> {
  add(a: number, b: number): Promise<number>;
  echo(message: unknown): Promise<unknown>;
  getSystemInfo(): Promise<{ runtime: string; pid: number; platform: string; arch: string }>;
  readonly math: { square(x: number): Promise<number>; cube(x: number): Promise<number> };
  each(values: readonly number[], callback: (value: number) => void): Promise<number>;
  fail(message: string): Promise<void>;
  greet(name: string, greeting?: string): Promise<string>;
  nothing(): Promise<void>;
  find(name: string): Promise<string | null>;
  unique(dates: ReadonlySet<Date>): Promise<ReadonlySet<Date>>;
  postpone(meeting: Meeting, days: number): Promise<Meeting>;
  open(path: string): Promise<void>;
  ask(question: string): Promise<boolean>;
  askEach(values: readonly number[]): Promise<number[]>;
  absent(): Promise<void>;
  count(to: number): Promise<AsyncIterable<number>>;
}

interface Page {
  readonly api: Api;
  readonly asked: string[];
  /** What it exposes; a test may take some away. */
  readonly exposed: Record<string, unknown>;
}

let bus: RelayBus;
let log: ReturnType<typeof vi.spyOn>;
let error: ReturnType<typeof vi.spyOn>;

beforeEach(() => {
  openPage();
  log = vi.spyOn(console, "log").mockReturnValue();
  error = vi.spyOn(console, "error").mockReturnValue();
});

afterEach(async () => {
  await bus.stop();
  closePage();
  vi.restoreAllMocks();
});

function open(worker: readonly string[], version: "json" | "superjson" = "superjson"): Page {
  bus = startRelay(worker);
  return openWindow(version);
}

function openWindow(version: "json" | "superjson" = "superjson"): Page {
  const asked: string[] = [];
  const exposed = {
    confirm: async (question: string) => asked.push(question) > 0,
    each: async (values: number[], told: (value: number) => void) => {
      for (const value of values) told(value);
      return values.length;
    },
  };
  const io = new TauriEventIo();
  const channel = new RPCChannel<typeof exposed, Api>(io, {
    expose: exposed,
    serialization: { version },
  });
  return { api: channel.getAPI(), asked, exposed };
}

describe.each([
  ["kkrpc's worker on Node", NODE],
  ["the Python worker", PYTHON],
])("with %s", (_name, worker) => {
  test("nothing to expose is enough to call", async () => {
    bus = startRelay(worker);
    const io = new TauriEventIo();
    const channel = new RPCChannel<Record<string, never>, Api>(io, { expose: {} });
    const api = channel.getAPI();
    expect(await api.add(5, 3)).toBe(8);
    expect(await api.getSystemInfo()).toEqual({
      runtime: worker === NODE ? "node" : "python",
      pid: expect.any(Number) as number,
      platform: "linux",
      arch: expect.any(String) as string,
    });
  });

  test.each(["superjson", "json"] as const)("calls in %s", async (version) => {
    const { api } = open(worker, version);
    expect(await api.add(5, 3)).toBe(8);
    expect(await api.math.square(7)).toBe(49);
    const message = { text: "straße \u2028 \ud83d\ude00", list: [1, null, true, { a: {} }] };
    expect(await api.echo(message)).toEqual(message);
    expect(await api.greet("you")).toBe("Hello, you");
    expect(await api.greet("you", "Goodbye")).toBe("Goodbye, you");
    expect(await api.nothing()).toBeUndefined();
    expect(await api.find("")).toBeNull();
    expect(await api.find("it")).toBe("it");
  });

  test("what is undefined is left out", async () => {
    const { api } = open(worker);
    expect(await api.greet("you", undefined)).toBe("Hello, you");
  });

  test("dates, bytes and big integers arrive as such, and come back as such", async () => {
    const { api } = open(worker);
    const meeting: Meeting = {
      title: "about it",
      begins: new Date("2026-02-28T12:30:00.250Z"),
      picture: new Uint8Array([1, 2, 255]),
      seats: 2n ** 70n,
    };
    expect(await api.postpone(meeting, 2)).toEqual({
      title: "about it",
      begins: new Date("2026-03-02T12:30:00.250Z"),
      picture: new Uint8Array([255, 2, 1]),
      seats: 2n ** 71n,
    });
  });

  test("so does a set, and what is in it", async () => {
    const { api } = open(worker);
    const dates = new Set([new Date(0), new Date("2026-02-28T12:30:00.250Z")]);
    expect(await api.unique(dates)).toEqual(dates);
    expect(await api.unique(new Set())).toEqual(new Set());
  });

  test("many calls at once, each with its own answer", async () => {
    const { api } = open(worker);
    const numbers = Array.from({ length: 500 }, (_, index) => index);
    expect(await Promise.all(numbers.map((n) => api.add(n, 1)))).toEqual(numbers.map((n) => n + 1));
    const text = "more than a pipe holds ".repeat(50_000);
    expect((await api.echo(text)) === text).toBe(true);
  });

  test("errors are rebuilt from their message", async () => {
    const { api } = open(worker);
    expect(await failure(api.fail("not today"))).toEqual(new Error("not today"));
    expect(await failure(api.open("/tmp/x"))).toEqual(new Error("no such file"));
    expect(await failure(api.absent())).toBeInstanceOf(Error);
    expect(await failure(api.math.cube(3))).toBeInstanceOf(Error);
  });

  test("a callback is called, in order, before its call is answered", async () => {
    const { api } = open(worker);
    const values: number[] = [];
    const callback = (value: number): void => void values.push(value);
    expect(await api.each([1, 2, 3], callback)).toBe(3);
    expect(values).toEqual([1, 2, 3]);
    // kkrpc gives the same function the same id.
    expect(await Promise.all([api.each([4, 4], callback), api.each([4], callback)])).toEqual([
      2, 1,
    ]);
    expect(values).toEqual([1, 2, 3, 4, 4, 4]);
  });

  test("the worker calls the page, and waits for its answer", async () => {
    const { api, asked, exposed } = open(worker);
    expect(await api.ask("sure?")).toBe(true);
    expect(asked).toEqual(["sure?"]);
    expect(await api.askEach([1, 2])).toEqual([1, 2]);
    exposed["confirm"] = () => Promise.reject(new Error("the user has gone"));
    expect(await failure(api.ask("sure?"))).toMatchObject({
      message: expect.stringContaining("the user has gone") as string,
    });
    delete exposed["confirm"];
    expect(await failure(api.ask("sure?"))).toMatchObject({
      message: expect.stringContaining("Method confirm is not a function") as string,
    });
  });

  test("two windows, each with its own answers", async () => {
    const first = open(worker);
    const second = openWindow();
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const sums = await Promise.all(
      numbers.flatMap((n) => [first.api.add(n, 1), second.api.add(n, 2)]),
    );
    expect(sums).toEqual(numbers.flatMap((n) => [n + 1, n + 2]));
  });
});

describe("where they differ", () => {
  test.each<[string, (api: Api) => Promise<unknown>, unknown, unknown]>([
    [
      "a method that nobody offers: both say so, each in its own words",
      (api) => api.absent(),
      new Error("Method absent is not a function"),
      new Error("Method not found: 'absent'"),
    ],
    [
      "arguments of other types: the contract is kept",
      (api) => api.add("5" as unknown as number, 3),
      "53",
      new Error('Invalid params: add, a: expected float, received "5"'),
    ],
    [
      "an argument too many: the contract is kept",
      (api) => (api.add as (...numbers: number[]) => Promise<number>)(5, 3, 1),
      8,
      expect.objectContaining({
        message: expect.stringContaining("Invalid params: add") as string,
      }),
    ],
    [
      "an error without a message, which kkrpc takes for success",
      (api) => api.fail(""),
      undefined,
      new Error("ValueError"),
    ],
    [
      "a date where the contract has anything: it has no dates to look for",
      (api) => api.echo(new Date(0)),
      new Date(0),
      "1970-01-01T00:00:00.000Z",
    ],
  ])("%s", async (_name, call, onNode, onPython) => {
    expect(await outcome(call(open(NODE).api))).toEqual(onNode);
    await bus.stop();
    closePage();
    openPage();
    expect(await outcome(call(open(PYTHON).api))).toEqual(onPython);
  });

  test("a long text, which kkrpc's own worker reads in pieces, arrives as it was", async () => {
    const text = "straße \u2028 \ud83d\ude00 ".repeat(50_000);
    expect((await open(PYTHON).api.echo(text)) === text).toBe(true);
  });

  test("a stream, which kkrpc 0.x has none of, is refused in words", async () => {
    const { api } = open(PYTHON);
    expect(await failure(api.count(3))).toEqual(
      new Error("count returns a stream, which kkrpc 0.x has no form for"),
    );
  });
});

describe("beside a page that speaks JSON-RPC", () => {
  test("each has its own answers, and neither is disturbed", async () => {
    const { api } = open(PYTHON);
    const errors: Error[] = [];
    const channel = createChannel(new TauriEventIo(), { onError: (error) => errors.push(error) });
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const sums = await Promise.all(
      numbers.flatMap((n) => [api.add(n, 1), channel.call("add", [n, 2])]),
    );
    expect(sums).toEqual(numbers.flatMap((n) => [n + 1, n + 2]));
    const values: number[] = [];
    await api.each([1, 2], (value) => values.push(value));
    await settle();
    expect(values).toEqual([1, 2]);
    expect(errors).toEqual([]);
    channel.destroy();
    // kkrpc says of each line that is none of its own that it does not know it; that is all it does.
    const complaints = new Set(error.mock.calls.map((complaint: unknown[]) => complaint[0]));
    expect([...complaints]).toEqual(["received unknown message type"]);
    expect(log).not.toHaveBeenCalled();
  });
});

/** What a call resolves with, or the error that it rejects with. */
function outcome(call: Promise<unknown>): Promise<unknown> {
  return call.catch((error: unknown) => error);
}
