/** Everything that a call can be, end to end: generated client, Tauri's events, the relay, a worker. */

import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RpcError } from "../src/index.js";
import type { IncomingCall } from "../src/index.js";
import { failure } from "./fake-worker.js";
import { startRelay } from "./relay-bus.js";
import type { RelayBus } from "./relay-bus.js";
import { PYTHON, WORKER, generateClient } from "./worker/client.js";
import type { GeneratedClient } from "./worker/client.js";
import type { Backend, Frontend } from "./worker/contract.js";
import { openPage } from "./worker/pages.js";
import type { Page } from "./worker/pages.js";

let client: GeneratedClient;
let bus: RelayBus;
let page: Page;
let worker: Backend;

beforeAll(async () => {
  client = await generateClient();
});

afterAll(() => client.remove());

beforeEach(() => {
  bus = startRelay(["--grace", "10", PYTHON, WORKER]);
  open({});
});

afterEach(async () => {
  page.channel.destroy();
  await bus.stop();
  expect(page.errors).toEqual([]);
});

/** Opens the page, or opens it anew with what it offers. */
function open(offered: Partial<Frontend>): void {
  (page as Page | undefined)?.channel.destroy();
  page = openPage(client, "main", offered);
  ({ worker } = page);
}

/** The numbers from 0 on. */
function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

test("the generated client has the types that these tests are written with", () => {
  client.checkTypes();
});

describe("a call that is aborted", () => {
  test.each(["rest", "restInThread"] as const)("%s ends in the worker", async (method) => {
    const controller = new AbortController();
    const pending = worker[method]("it", { signal: controller.signal });
    await worker.noted("it began");
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await failure(pending)).toBe(reason);
    await worker.noted("it ended");
  });

  test("takes its process with it", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    const connected = once(server, "connection") as Promise<[Socket]>;
    await once(server, "listening");
    const controller = new AbortController();
    const pending = worker.restInProcess((server.address() as AddressInfo).port, {
      signal: controller.signal,
    });
    const [held] = await connected;
    const gone = once(
      held.on("error", () => undefined),
      "close",
    ); // Ended or reset: it is gone.
    const pid = Number((await once(held, "data")).toString());
    expect(pid).not.toBe(await worker.pid());
    expect(isThere(pid)).toBe(true);
    controller.abort();
    expect(await failure(pending)).toMatchObject({ name: "AbortError" });
    await gone;
    await expect.poll(() => isThere(pid), { timeout: 10_000 }).toBe(false);
    server.close();
  });

  test("ends what it waits for in the page", async () => {
    const call = new Promise<IncomingCall>((resolve) =>
      open({
        ponder: (_question, incoming) => {
          resolve(incoming);
          return new Promise(() => undefined);
        },
      }),
    );
    const controller = new AbortController();
    const pending = worker.pondered("it", { signal: controller.signal });
    const { signal } = await call;
    expect(signal.aborted).toBe(false);
    controller.abort();
    expect(await failure(pending)).toMatchObject({ name: "AbortError" });
    await worker.noted("it ended");
    await aborted(signal);
    expect(signal.reason).toMatchObject({ name: "AbortError" });
  });
});

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

function aborted(signal: AbortSignal): Promise<unknown> {
  return signal.aborted
    ? Promise.resolve()
    : new Promise((resolve) => signal.addEventListener("abort", resolve));
}

describe("a call whose time is up", () => {
  test("rejects, and ends in the worker", async () => {
    const error = await failure(worker.rest("it", { timeoutMs: 50 }));
    expect(error).toBeInstanceOf(DOMException);
    // In the worker's words: its own deadline counts, and the page's only if the worker is silent.
    expect(error).toMatchObject({ name: "TimeoutError", message: "Deadline exceeded" });
    await worker.noted("it ended");
  });

  test("hands the rest of its time on to what it calls in the page", async () => {
    const call = new Promise<IncomingCall>((resolve) =>
      open({
        ponder: (_question, incoming) => {
          resolve(incoming);
          return new Promise(() => undefined);
        },
      }),
    );
    const before = bus.lines.length;
    const pending = failure(worker.pondered("it", { timeoutMs: 500 }));
    await aborted((await call).signal);
    expect(await pending).toMatchObject({ name: "TimeoutError" });
    const asked = bus.lines
      .slice(before)
      .map((line) => JSON.parse(line) as { method?: string; timeoutMs?: number })
      .find(({ method }) => method === "ponder");
    expect(asked?.timeoutMs).toBeGreaterThan(0);
    expect(asked?.timeoutMs).toBeLessThanOrEqual(500);
    await worker.noted("it ended");
  });
});

describe("a stream of the worker's", () => {
  test.each(["count", "countInThread"] as const)("%s: item by item", async (method) => {
    const items: number[] = [];
    for await (const item of worker[method]("it", 1000)) items.push(item);
    expect(items).toEqual(upTo(1000));
    await worker.noted("it ended");
  });

  test("in batches", async () => {
    const batches: number[][] = [];
    for await (const batch of worker.count("it", 10_000).batches()) batches.push(batch);
    expect(batches.flat()).toEqual(upTo(10_000));
    expect(Math.max(...batches.map(({ length }) => length))).toBeGreaterThan(1);
  });

  test("of 100,000 items, whole and in order", async () => {
    expect(await worker.count("it", 100_000).toArray()).toEqual(upTo(100_000));
  });

  test("of 100,000 items from a thread, whole and in order", async () => {
    expect(await worker.countInThread("it", 100_000).toArray()).toEqual(upTo(100_000));
  });

  test("of none", async () => {
    expect(await worker.count("it", 0).toArray()).toEqual([]);
  });

  test.each(["count", "countInThread"] as const)(
    "%s: left early, its finally runs",
    async (method) => {
      for await (const item of worker[method]("it", 1_000_000)) if (item === 10) break;
      await worker.noted("it ended");
    },
  );

  test.each(["count", "countInThread"] as const)(
    "%s: does not run ahead of a page that is in no hurry",
    async (method) => {
      const items = worker[method]("it", 10_000)[Symbol.asyncIterator]();
      expect((await items.next()).value).toBe(0);
      for (let call = 0; call < 20; call++) await worker.pid();
      expect(await worker.reached("it")).toBeLessThan(10);
      for (let item = 1; item < 10_000; item++) expect((await items.next()).value).toBe(item);
      expect(await items.next()).toEqual({ done: true, value: undefined });
    },
  );

  test("aborted while the next item is awaited", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const items: number[] = [];
    const stream = worker.count("it", 3, { then: "wait", signal: controller.signal });
    const read = async (): Promise<void> => {
      for await (const item of stream) {
        items.push(item);
        if (item === 2) queueMicrotask(() => controller.abort(reason));
      }
    };
    expect(await failure(read())).toBe(reason);
    expect(items).toEqual([0, 1, 2]);
    await worker.noted("it ended");
  });

  test("whose time is up", async () => {
    const items: number[] = [];
    const read = async (): Promise<void> => {
      for await (const item of worker.count("it", 3, { then: "wait", timeoutMs: 300 }))
        items.push(item);
    };
    expect(await failure(read())).toMatchObject({ name: "TimeoutError" });
    expect(items).toEqual([0, 1, 2]);
    await worker.noted("it ended");
  });

  test.each([0, 1, 7, 5000])("that breaks at item %i", async (to) => {
    const items: number[] = [];
    const read = async (): Promise<void> => {
      for await (const item of worker.count("it", to, { then: "break" })) items.push(item);
    };
    const error = await failure(read());
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: 7001, data: { at: to } });
    expect(items).toEqual(upTo(to));
    await worker.noted("it ended");
  });

  test("beside others, and beside calls", async () => {
    const [first, second, sum] = await Promise.all([
      worker.count("first", 5000).toArray(),
      worker.countInThread("second", 5000).toArray(),
      worker.total(upTo(100)),
    ]);
    expect([first, second, sum]).toEqual([upTo(5000), upTo(5000), 4950]);
  });
});

/** What something can be waited for with. */
function latch(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describe("a stream of the page's", () => {
  async function* endless(left: () => void): AsyncGenerator<number> {
    try {
      for (let number = 0; ; number++) yield await Promise.resolve(number);
    } finally {
      left();
    }
  }

  test.each([
    ["a list", (): Iterable<number> => upTo(1000)],
    ["a list that is too long to go whole", (): Iterable<number> => upTo(10_000)],
    ["a set", (): Iterable<number> => new Set(upTo(1000))],
    ["a generator", (): Iterable<number> => upTo(10_000).values()],
  ])("%s", async (_name, make) => {
    const numbers = [...make()];
    expect(await worker.take(make(), numbers.length)).toEqual(numbers);
  });

  test("an async generator, of 100,000 items", async () => {
    async function* numbers(): AsyncGenerator<number> {
      for (const number of upTo(100_000)) yield await Promise.resolve(number);
    }
    expect(await worker.total(numbers())).toBe((100_000 * 99_999) / 2);
  });

  test("that the worker leaves early: the page's finally runs", async () => {
    const left = latch();
    expect(await worker.take(endless(left.open), 10)).toEqual(upTo(10));
    await left.opened;
  });

  test("that is not at its end when its call is aborted: the page's finally runs", async () => {
    const left = latch();
    const controller = new AbortController();
    const pending = worker.total(endless(left.open), { signal: controller.signal });
    expect(await worker.pid()).toBeGreaterThan(0);
    controller.abort();
    expect(await failure(pending)).toMatchObject({ name: "AbortError" });
    await left.opened;
  });

  test("that breaks: the handler's call fails", async () => {
    function* numbers(): Generator<number> {
      yield* upTo(10);
      throw new Error("of the page");
    }
    expect(await failure(worker.total(numbers()))).toMatchObject({
      code: -32603,
      message: expect.stringContaining("of the page") as string,
    });
  });

  test("as the result of what the worker calls", async () => {
    const left = new Promise<void>((resolve) => {
      open({ numbers: () => endless(resolve) });
    });
    expect(await worker.picked("it", 2000)).toEqual(upTo(2000));
    await left;
  });
});

describe("functions of the page's", () => {
  test("progress comes in order, and before the result", async () => {
    const steps: number[] = [];
    expect(await worker.work(100, { onProgress: (step) => steps.push(step) })).toBe(100);
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps.at(-1)).toBe(100);
    expect(await worker.work(100)).toBe(100);
  });

  test("a callback whose answers the worker takes", async () => {
    const answer = async (question: string): Promise<number> => {
      await Promise.resolve();
      return question.length;
    };
    expect(await worker.ask(["a", "bcd", ""], answer)).toEqual([1, 3, 0]);
  });

  test("a callback that throws fails the call, and nothing else", async () => {
    const answer = (): number => {
      throw new Error("of the page");
    };
    expect(await failure(worker.ask(["a"], answer))).toMatchObject({
      code: -32603,
      message: expect.stringContaining("of the page") as string,
    });
    expect(await worker.pid()).toBeGreaterThan(0);
  });

  test("a callback that is aborted with its call", async () => {
    const controller = new AbortController();
    const asked: string[] = [];
    const answer = (question: string): Promise<number> => {
      asked.push(question);
      controller.abort();
      return Promise.resolve(1);
    };
    const pending = worker.ask(["a", "b"], answer, { signal: controller.signal });
    expect(await failure(pending)).toMatchObject({ name: "AbortError" });
    expect(await worker.pid()).toBeGreaterThan(0);
    expect(asked).toEqual(["a"]);
  });

  test("a callback, progress and a stream for a handler in a thread", async () => {
    const steps: number[] = [];
    const options = { onProgress: (step: number) => steps.push(step) };
    const answers = await worker.judge(upTo(300).values(), (number) => number + 1, options);
    expect(answers).toEqual(upTo(301).slice(1));
    expect(steps).toEqual([...steps].sort((a, b) => a - b));
    expect(steps.at(-1)).toBe(300);
  });

  test("one way: all that was told is heard before the result", async () => {
    const texts = upTo(1000).map(String);
    const heard: string[] = [];
    expect(await worker.tell(texts, (text) => heard.push(text))).toBe(1000);
    expect(heard).toEqual(texts);
  });

  test("what the page offers", async () => {
    const questions: string[] = [];
    open({
      confirm: (question) => {
        questions.push(question);
        return Promise.resolve(question === "sure?");
      },
    });
    expect(await Promise.all([worker.confirmed("sure?"), worker.confirmed("really?")])).toEqual([
      true,
      false,
    ]);
    expect(questions).toEqual(["sure?", "really?"]);
  });
});

describe("with one handler at a time", () => {
  beforeEach(async () => {
    page.channel.destroy();
    await bus.stop();
    bus = startRelay(["--grace", "10", PYTHON, WORKER, "1"]);
    open({ descend: (depth) => worker.descend(depth), confirm: () => true });
  });

  test("calls back that call again, 20 deep", async () => {
    expect(await worker.descend(20)).toBe(21);
  });

  test("ten of those at once, and streams both ways beside them", async () => {
    const descents = upTo(10).map(() => worker.descend(20));
    const streams = [
      worker.count("it", 5000).toArray(),
      worker.take(upTo(5000).values(), 5000),
      worker.judge(upTo(300).values(), (number) => number),
      worker.judge(upTo(300).values(), (number) => worker.total([number])),
    ];
    expect(await Promise.all(descents)).toEqual(upTo(10).map(() => 21));
    expect(await Promise.all(streams)).toEqual([5000, 5000, 300, 300].map(upTo));
  });
});
