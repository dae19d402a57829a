/** Several windows that share one worker through one relay, and how each of them and the worker ends. */

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { ChannelClosed, SessionEnded } from "../src/index.js";
import type { LogRecord } from "../src/index.js";
import { failure } from "./fake-worker.js";
import { startRelay } from "./relay-bus.js";
import type { RelayBus } from "./relay-bus.js";
import { PYTHON, WORKER, generateClient } from "./worker/client.js";
import type { GeneratedClient } from "./worker/client.js";
import { openPage, unload } from "./worker/pages.js";
import type { Page } from "./worker/pages.js";

let client: GeneratedClient;
let bus: RelayBus;
let first: Page;
let second: Page;
let opened: Page[];

beforeAll(async () => {
  client = await generateClient();
});

afterAll(() => client.remove());

beforeEach(() => {
  bus = startRelay(["--grace", "10", PYTHON, WORKER]);
  opened = [];
  first = open("first");
  second = open("second");
});

afterEach(async () => {
  for (const { channel } of opened) channel.destroy();
  await bus.stop();
});

/** Opens a window that says its name when it is asked. */
function open(name: string, options?: Parameters<typeof openPage>[3]): Page {
  const offered = {
    confirm: (question: string): boolean => question === name,
    numbers: async function* (): AsyncGenerator<number> {
      for (;;) yield await Promise.resolve(name.length);
    },
    descend: (depth: number): Promise<number> => page.worker.descend(depth),
  };
  const page = openPage(client, name, offered, options);
  opened.push(page);
  return page;
}

/** How a line for one session begins (protocol, section 1). */
const ADDRESSED = /^\{"jsonrpc":"2\.0",(?:"id":"|"session":")([\w-]+)[:"]/;

function countEach(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Reads a stream that is not to end by itself; returns once some items are there, and reads on. */
async function reading(
  stream: AsyncIterable<number>,
  count = 3,
): Promise<{ end: Promise<unknown> }> {
  const items = stream[Symbol.asyncIterator]();
  for (let item = 0; item < count; item++) await items.next();
  const rest = async (): Promise<void> => {
    for (let step = await items.next(); !step.done; step = await items.next());
  };
  return { end: failure(rest()) };
}

describe("two windows", () => {
  test("all that a call can be, at the same time: each has its own, and reads no more", async () => {
    const parse = vi.spyOn(JSON, "parse");
    const everything = async ({ name, worker, channel }: Page): Promise<void> => {
      const heard: string[] = [];
      const steps: number[] = [];
      const results = await Promise.all([
        worker.count(name, 3000).toArray(),
        worker.take(upTo(3000).values(), 3000),
        worker.ask([name, name], (text) => (text === name ? name.length : -1)),
        worker.tell([name, name], (text) => heard.push(text)),
        worker.work(10, { onProgress: (step) => steps.push(step) }),
        worker.confirmed(name),
        worker.picked(name, 3),
        worker.descend(10),
      ]);
      expect(results).toEqual([
        upTo(3000),
        upTo(3000),
        [name.length, name.length],
        2,
        10,
        true,
        Array.from({ length: 3 }, () => name.length),
        11,
      ]);
      expect(heard).toEqual([name, name]);
      expect(steps.at(-1)).toBe(10);
      expect(channel.state).toBe("ready");
    };
    await Promise.all([everything(first), everything(second), everything(first)]);
    const parsed = countEach(parse.mock.calls.map(([text]) => text));
    parse.mockRestore();

    // Every line is addressed but for what is for all, and is parsed where it is for, and only there.
    const addressed = bus.lines.filter((line) => ADDRESSED.test(line));
    const forAll = bus.lines.filter((line) => !ADDRESSED.test(line));
    expect(forAll).toEqual([expect.stringContaining('"$/ready"')]);
    const sessions = new Set(addressed.map((line) => ADDRESSED.exec(line)?.[1]));
    expect(sessions).toEqual(
      new Set([await first.worker.session(), await second.worker.session()]),
    );
    for (const [line, count] of countEach(addressed))
      expect([line, parsed.get(line)]).toEqual([line, count]);
    expect([first.errors, second.errors]).toEqual([[], []]);
  });

  test("an event for all, and one for the window that calls", async () => {
    const heard = [first, second].map(({ worker }) => {
      const texts: string[] = [];
      worker.said.on((text) => texts.push(text));
      return texts;
    });
    await first.worker.announce("for all");
    await first.worker.announce("for the first", { here: true });
    await second.worker.announce("for the second", { here: true });
    await second.worker.announce("for all again");
    // What is sent before an answer arrives before it.
    await Promise.all([first.worker.pid(), second.worker.pid()]);
    expect(heard).toEqual([
      ["for all", "for the first", "for all again"],
      ["for all", "for the second", "for all again"],
    ]);
  });

  test("a loop over events ends with the channel", async () => {
    const heard: string[] = [];
    const loop = (async (): Promise<void> => {
      for await (const text of second.worker.said) heard.push(text);
    })();
    for (const text of ["a", "b", "c"]) await first.worker.announce(text);
    await second.worker.pid();
    second.channel.destroy();
    await loop;
    expect(heard).toEqual(["a", "b", "c"]);
  });
});

describe("a window that is reloaded", () => {
  test("its calls and streams end in the worker; the other window's go on", async () => {
    void failure(first.worker.rest("call"));
    await first.worker.noted("call began");
    await reading(first.worker.count("waiting", 3, { then: "wait" }));
    await reading(first.worker.count("ready", 1_000_000));
    const others = second.worker.count("other", 100_000)[Symbol.asyncIterator]();
    const items = [(await others.next()).value as unknown];

    unload(first);
    const { worker, errors } = open("first");
    expect(await worker.session()).not.toBeNull();
    for (const name of ["call", "waiting", "ready"]) await worker.noted(`${name} ended`);

    for (let step = await others.next(); !step.done; step = await others.next())
      items.push(step.value);
    expect(items).toEqual(upTo(100_000));
    expect(await worker.confirmed("first")).toBe(true);
    expect([errors, second.errors]).toEqual([[], []]);
  });

  test("what it was asked is answered by nobody else", async () => {
    const asked = new Promise<void>((resolve) => {
      first = openPage(client, "asked", {
        ponder: () => {
          resolve();
          return new Promise(() => undefined);
        },
      });
      opened.push(first);
    });
    void failure(first.worker.pondered("it"));
    await asked;
    unload(first);
    const again = open("asked");
    await again.worker.noted("it ended");
    expect(await again.worker.confirmed("asked")).toBe(true);
    expect([again.errors, second.errors]).toEqual([[], []]);
  });
});

describe("a session that ends", () => {
  test("by the window, which is closed: its calls and streams end in the worker", async () => {
    const call = failure(first.worker.rest("call"));
    await first.worker.noted("call began");
    const { end } = await reading(first.worker.count("stream", 3, { then: "wait" }));
    first.channel.destroy();
    expect(await call).toBeInstanceOf(ChannelClosed);
    expect(await end).toBeInstanceOf(ChannelClosed);
    await second.worker.noted("call ended");
    await second.worker.noted("stream ended");
    expect(second.errors).toEqual([]);
  });

  test("by the relay: what is pending fails, and the window goes on with a new one", async () => {
    const { worker, errors } = first;
    const heard: string[] = [];
    worker.said.on((text) => heard.push(text));
    const session = await worker.session();
    const call = failure(worker.rest("call"));
    await worker.noted("call began");
    const { end } = await reading(worker.count("stream", 3, { then: "wait" }));
    await worker.pid(); // By now the worker knows that the next item is waited for.
    bus.send(JSON.stringify({ jsonrpc: "2.0", method: "$/endSession", params: { session } }));
    await second.worker.noted("call ended");
    await second.worker.noted("stream ended");
    expect(await call).toMatchObject({ code: -32800 });
    expect(await end).toMatchObject({ code: -32800 });
    expect(await failure(worker.pid())).toBeInstanceOf(SessionEnded);
    expect(await worker.session()).not.toBe(session);
    await second.worker.announce("again");
    await worker.pid();
    expect(heard).toEqual(["again"]);
    expect(errors).toEqual([]);
  });
});

describe("a worker that is killed", () => {
  test("in the middle of streams, calls and calls back: all of them fail", async () => {
    const { worker, errors } = first;
    const asked = new Promise<void>((resolve) => {
      void failure(
        worker.ask(["a"], () => {
          resolve();
          return new Promise(() => undefined);
        }),
      ).then((error) => ends.push(error));
    });
    const ends: unknown[] = [];
    const waiting = await reading(worker.count("waiting", 3, { then: "wait" }));
    const running = await reading(worker.countInThread("running", 100_000_000));
    const others = await reading(second.worker.count("other", 100_000_000));
    const call = failure(worker.rest("call"));
    await asked;
    process.kill(await worker.pid(), "SIGKILL");
    for (const end of [waiting.end, running.end, others.end, call])
      expect(await end).toMatchObject({ name: "ChannelClosed", reason: { exitCode: 137 } });
    await expect.poll(() => ends).toMatchObject([{ name: "ChannelClosed" }]);
    expect(await failure(worker.count("late", 3).toArray())).toBeInstanceOf(ChannelClosed);
    expect(errors).toMatchObject([{ name: "ChannelClosed" }]);
  });
});

describe("logs", () => {
  test("come to who asked for them, with what a handler printed", async () => {
    const records: LogRecord[] = [];
    const warnings: LogRecord[] = [];
    const all = open("all", { log: "info", onLog: (record) => records.push(record) });
    const some = open("some", { log: "warning", onLog: (record) => warnings.push(record) });
    await all.worker.pid();
    await some.worker.pid();
    await first.worker.speak("hello");
    const logged = { level: "warning", logger: "conversation", message: "logged: hello" };
    const printed = {
      level: "info",
      logger: expect.any(String) as string,
      message: "hello",
      stream: "stdout",
    };
    await expect.poll(() => records).toHaveLength(2);
    expect(records).toEqual(expect.arrayContaining([logged, printed]));
    expect(warnings).toEqual([logged]);
    expect(opened.flatMap(({ errors }) => errors)).toEqual([]);
  });
});
