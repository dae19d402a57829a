import { describe, expect, test, vi } from "vitest";
import { RpcError, expose, stream } from "../src/index.js";
import type { IncomingCall, Stream } from "../src/index.js";
import { HELLO, connect, failure, settle } from "./fake-worker.js";
import { ask, greeted, pull } from "./greeted.js";
import type { Greeted } from "./greeted.js";

type Numbers = AsyncIterable<unknown> | Iterable<unknown>;

interface Backend {
  total(numbers: Numbers | null, options?: { signal?: AbortSignal }): Promise<number>;
  both(numbers: Numbers): Stream<unknown>;
  two(numbers: Numbers, other: unknown): Promise<number>;
  pair(numbers: Numbers, more: Numbers): Promise<number>;
}

const takes = { numbers: stream };
const members = {
  total: { method: "total", params: ["numbers"], takes },
  both: { method: "both", params: ["numbers"], takes, returns: stream },
  two: { method: "two", params: ["numbers", "other"], takes },
  pair: { method: "pair", params: ["numbers", "more"], takes: { numbers: stream, more: stream } },
};

function begin(): Promise<Greeted<Backend>> {
  return greeted<Backend>(members);
}

/** A source that tells how far it was read, and whether its `finally` ran. */
function counted(limit = Infinity, item: (index: number) => unknown = (index) => index) {
  const source = { produced: 0, closed: 0, items: undefined as unknown as AsyncIterable<unknown> };
  source.items = (async function* () {
    try {
      while (source.produced < limit) {
        await Promise.resolve();
        yield item(source.produced++);
      }
    } finally {
      source.closed += 1;
    }
  })();
  return source;
}

/** A source that gives what it is given, when it is given it. */
function fed() {
  let wake = (): void => undefined;
  const waiting: unknown[] = [];
  const source = {
    closed: 0,
    give(...items: unknown[]): void {
      waiting.push(...items);
      wake();
    },
    items: {
      [Symbol.asyncIterator]: () => ({
        async next(): Promise<IteratorResult<unknown>> {
          if (waiting.length === 0) await new Promise<void>((resolve) => (wake = resolve));
          return { done: false, value: waiting.shift() };
        },
        return(): Promise<IteratorResult<unknown>> {
          source.closed += 1;
          return Promise.resolve({ done: true, value: undefined });
        },
      }),
    } as AsyncIterable<unknown>,
  };
  return source;
}

/** Offers a stream as an argument; returns the token that the worker got. */
async function offer(fixture: Greeted<Backend>, numbers: Numbers) {
  const outcome = fixture.client.total(numbers).then(
    (result) => ({ result }),
    (thrown: unknown) => ({ thrown }),
  );
  const { id, params } = await fixture.worker.message();
  const [{ token, values }] = params as [{ token?: unknown; values?: unknown[] }];
  expect(values).toBeUndefined();
  expect(["string", "number"]).toContain(typeof token);
  return { id, token, outcome };
}

async function next(fixture: Greeted<unknown>, token: unknown) {
  const { result, error } = await ask(fixture, "$/enumerator/next", { token });
  return error ?? result;
}

/** Asks for what cannot be there yet; returns the id. */
function nextLater({ worker, session }: Greeted<unknown>, token: unknown, name = "later"): string {
  const id = `${session}:${name}`;
  worker.say({ jsonrpc: "2.0", id, method: "$/enumerator/next", params: { token } });
  return id;
}

const GONE = { code: -32001 };

describe("an argument", () => {
  const whole: [name: string, numbers: Numbers, values: unknown[]][] = [
    ["an array", [1, 2], [1, 2]],
    ["an empty array", [], []],
    ["a set", new Set([3, 1]), [3, 1]],
    ["a typed array", new Uint8Array([1, 2]), [1, 2]],
    ["a map", new Map([["a", 1]]), [["a", 1]]],
    ["a list of 1,024", new Array(1024).fill(0), new Array(1024).fill(0) as unknown[]],
  ];
  test.each(whole)("%s goes whole", async (_name, numbers, values) => {
    const fixture = await begin();
    const total = fixture.client.total(numbers);
    const { id, params } = await fixture.worker.message();
    expect(params).toEqual([{ values }]);
    fixture.worker.answer(id, 3);
    expect(await total).toBe(3);
  });

  test("a few items that are long together go in pieces", async () => {
    const fixture = await begin();
    const long = "x".repeat(200_000);
    const total = fixture.client.total([long, long] as unknown as number[]);
    const { id, params } = await fixture.worker.message();
    expect(params).toEqual([{ token: expect.anything() as unknown }]);
    fixture.worker.answer(id, 3);
    expect(await total).toBe(3);
  });

  const inPieces: [name: string, numbers: () => Numbers, first: unknown][] = [
    ["a longer list", () => Array.from({ length: 1025 }, (_, index) => index), [0]],
    ["a generator", () => [7, 8][Symbol.iterator](), [7]],
    ["an async generator", () => counted().items, [0]],
  ];
  test.each(inPieces)("%s goes by a token", async (_name, numbers, values) => {
    const fixture = await begin();
    const { token } = await offer(fixture, numbers());
    await settle();
    expect(await next(fixture, token)).toMatchObject({ values });
  });

  test.each([
    [[1, NaN], "Item 1 of the stream: JSON cannot hold NaN"],
    [[{ at: [Infinity] }], 'Item 0 of the stream: JSON cannot hold Infinity (at "0")'],
    [[undefined], "Item 0 of the stream: JSON cannot hold undefined in a list: give null"],
    [new Set(["a", "\ud800"]), "Item 1 of the stream: JSON cannot hold a lone surrogate"],
    [[10n], "Item 0 of the stream: Do not know how to serialize a BigInt"],
  ])("a list that JSON cannot hold is refused by its item: %o", async (numbers, message) => {
    const fixture = await begin();
    expect(await failure(fixture.client.total(numbers as Numbers))).toEqual(
      new TypeError(`total: 'numbers': ${message}`),
    );
    await settle();
    expect(fixture.worker.unread).toEqual([]);
  });

  test("a list is taken as it is at the call", async () => {
    const fixture = await begin();
    const numbers = Array.from({ length: 1025 }, (_, index) => index);
    const { token } = await offer(fixture, numbers);
    numbers.length = 1;
    await settle();
    await next(fixture, token);
    await settle();
    expect(await next(fixture, token)).toMatchObject({ values: [1, 2] });
  });

  test("null, where the contract lets it be", async () => {
    const fixture = await begin();
    void fixture.client.total(null);
    expect(await fixture.worker.message()).toMatchObject({ params: [null] });
  });

  test.each([
    [5, "a number"],
    [{ a: 1 }, "an object"],
    [() => [1], "a function"],
    [Promise.resolve([1]), "an object"],
  ])("%o is refused", async (numbers, kind) => {
    const fixture = await begin();
    const error = await failure(fixture.client.total(numbers as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      message: `total: 'numbers': expected an iterable or async iterable, received ${kind}`,
    });
    await settle();
    expect(fixture.worker.unread).toEqual([]);
  });
});

describe("what the worker asks for", () => {
  test("waits for one item at least; `finished` comes with the last, or after it", async () => {
    const fixture = await begin();
    const source = fed();
    const { token } = await offer(fixture, source.items);
    nextLater(fixture, token);
    await settle();
    expect(fixture.worker.unread).toEqual([]);
    source.give("a");
    expect(await fixture.worker.message()).toMatchObject({
      result: { values: ["a"], finished: false },
    });
  });

  test("all items, in order, and the end once", async () => {
    const fixture = await begin();
    const { token } = await offer(fixture, counted(5000).items);
    const all: unknown[] = [];
    for (let finished = false; !finished;) {
      const batch = (await next(fixture, token)) as { values: unknown[]; finished: boolean };
      if (batch.values.length === 0) expect(batch.finished).toBe(true);
      expect(batch.values.length).toBeLessThanOrEqual(1024);
      all.push(...batch.values);
      finished = batch.finished;
    }
    expect(all).toEqual(Array.from({ length: 5000 }, (_, index) => index));
    expect(await next(fixture, token)).toMatchObject(GONE);
  });

  test("an empty source", async () => {
    const fixture = await begin();
    const { token } = await offer(fixture, counted(0).items);
    expect(await next(fixture, token)).toEqual({ values: [], finished: true });
  });

  test("by position too", async () => {
    const fixture = await begin();
    const source = counted();
    const { token } = await offer(fixture, source.items);
    await settle();
    const { result } = await ask(fixture, "$/enumerator/next", [token]);
    expect(result).toEqual({ values: [0], finished: false });
    expect((await ask(fixture, "$/enumerator/abort", [token])).result).toBeNull();
    expect(source.closed).toBe(1);
  });

  test("one at a time: a second is refused, the first is answered", async () => {
    const fixture = await begin();
    const source = fed();
    const { token } = await offer(fixture, source.items);
    const first = nextLater(fixture, token);
    expect(await next(fixture, token)).toMatchObject({ code: -32600 });
    source.give(1);
    expect(await fixture.worker.message()).toMatchObject({ id: first, result: { values: [1] } });
  });

  test.each([[99], ["1"], [null], [undefined], [{}]])("an unknown token: %j", async (token) => {
    const fixture = await begin();
    await offer(fixture, counted().items);
    expect(await next(fixture, token)).toMatchObject(GONE);
    fixture.worker.say({
      jsonrpc: "2.0",
      session: fixture.session,
      method: "$/enumerator/abort",
      params: { token },
    });
    await settle();
    expect(fixture.errors).toEqual([]);
  });

  test("a next that is cancelled loses no item", async () => {
    const fixture = await begin();
    const source = fed();
    const { token } = await offer(fixture, source.items);
    const id = nextLater(fixture, token);
    fixture.worker.say({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id } });
    expect(await fixture.worker.message()).toMatchObject({ id, error: { code: -32800 } });
    source.give("a");
    await settle();
    expect(await next(fixture, token)).toEqual({ values: ["a"], finished: false });
  });
});

describe("the window", () => {
  test("starts with the call, at 1; doubles when a next finds it full, to 1,024", async () => {
    const fixture = await begin();
    const source = counted();
    const { token } = await offer(fixture, source.items);
    await settle();
    expect(source.produced).toBe(1);
    let sent = 0;
    for (const window of [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1024, 1024]) {
      const { values } = (await next(fixture, token)) as { values: unknown[] };
      sent += values.length;
      await settle();
      expect(source.produced - sent).toBe(window);
    }
  });

  test("stays where it is if the worker is faster", async () => {
    const fixture = await begin();
    const source = fed();
    const { token } = await offer(fixture, source.items);
    for (const item of [1, 2, 3]) {
      nextLater(fixture, token);
      await settle();
      source.give(item);
      expect(await fixture.worker.message()).toMatchObject({ result: { values: [item] } });
    }
    source.give(4, 5, 6);
    await settle();
    expect(await next(fixture, token)).toMatchObject({ values: [4] });
  });

  test("holds 256 KiB of text at most, and one item more", async () => {
    const fixture = await begin();
    const source = counted(Infinity, () => "x".repeat(100_000));
    const { token } = await offer(fixture, source.items);
    for (const window of [2, 3, 3, 3]) {
      await settle();
      const before = source.produced;
      const { values } = (await next(fixture, token)) as { values: unknown[] };
      await settle();
      expect(source.produced - before).toBe(window);
      expect(values.length).toBeLessThanOrEqual(3);
    }
  });
});

describe("an item", () => {
  test("goes as it was when its source gave it, and is made text once", async () => {
    const fixture = await begin();
    const item = { value: 1, toJSON: vi.fn(() => ({ value: item.value })) };
    const source = fed();
    const { token } = await offer(fixture, source.items);
    source.give(item);
    await settle();
    const [made] = [item.toJSON.mock.calls.length];
    item.value = 2;
    expect(await next(fixture, token)).toEqual({ values: [{ value: 1 }], finished: false });
    expect(item.toJSON).toHaveBeenCalledTimes(made);
  });

  test("can be as deep as the worker reads the answer that it lies in", async () => {
    const fixture = await begin();
    const deep = (levels: number): unknown => (levels > 0 ? [deep(levels - 1)] : 1);
    const { token } = await offer(fixture, [deep(496), deep(497)].values());
    expect(await next(fixture, token)).toEqual({ values: [deep(496)], finished: false });
    await settle();
    const error = (await next(fixture, token)) as { message: string };
    expect(error).toMatchObject({ code: -32003 });
    expect(error.message).toContain("more than 498 levels");
  });
});

describe("an error at an item", () => {
  test("comes after those before it, and ends the stream", async () => {
    const fixture = await begin();
    const { token } = await offer(
      fixture,
      (function* () {
        yield 1;
        throw new RpcError(4004, "no more", { at: 1 });
      })(),
    );
    await settle();
    expect(await next(fixture, token)).toEqual({ values: [1], finished: false });
    expect(await next(fixture, token)).toMatchObject({ code: 4004, data: { at: 1 } });
    expect(await next(fixture, token)).toMatchObject(GONE);
  });

  test("answers the next that waits", async () => {
    const fixture = await begin();
    const { token } = await offer(
      fixture,
      (async function* () {
        await settle();
        throw new TypeError("broken");
      })(),
    );
    expect(await next(fixture, token)).toMatchObject({
      code: -32603,
      data: { type: "TypeError", message: "broken" },
    });
  });

  test.each([[NaN], [undefined], [10n], [new Map([[1, 2]])], [{ deep: [Infinity] }], ["\ud800"]])(
    "%o is one: JSON cannot hold it; its source is closed",
    async (item) => {
      const fixture = await begin();
      const source = counted(Infinity, (index) => (index === 1 ? item : index));
      const { token } = await offer(fixture, source.items);
      await settle();
      expect(await next(fixture, token)).toEqual({ values: [0], finished: false });
      const error = await next(fixture, token);
      expect(error).toMatchObject({ code: -32003 });
      expect((error as { message: string }).message).toMatch(/^Item 1 of the stream: /);
      expect(await next(fixture, token)).toMatchObject(GONE);
      expect(source.closed).toBe(1);
    },
  );
});

describe("a source is closed, and its stream gone", () => {
  const ends: [
    name: string,
    end: (fixture: Greeted<Backend>, id: unknown, token: unknown) => unknown,
  ][] = [
    ["the call's answer", ({ worker }, id) => worker.answer(id, 1)],
    ["the call's error", ({ worker }, id) => worker.refuse(id, -32000, "no")],
    [
      "an abort",
      ({ worker, session }, _id, token) =>
        worker.say({ jsonrpc: "2.0", session, method: "$/enumerator/abort", params: { token } }),
    ],
  ];
  test.each(ends)("by %s", async (_name, end) => {
    const fixture = await begin();
    const source = counted();
    const { id, token } = await offer(fixture, source.items);
    await settle();
    end(fixture, id, token);
    await settle();
    expect(source.closed).toBe(1);
    expect(await next(fixture, token)).toMatchObject(GONE);
  });

  test.each(ends)("by %s, which answers a next that waits", async (_name, end) => {
    const fixture = await begin();
    const source = fed();
    const { id, token } = await offer(fixture, source.items);
    const waiting = nextLater(fixture, token);
    await settle();
    end(fixture, id, token);
    expect(await fixture.worker.message()).toMatchObject({ id: waiting, error: { code: -32800 } });
    expect(source.closed).toBe(1);
  });

  test("by the caller, who aborts the call", async () => {
    const fixture = await begin();
    const source = counted();
    const controller = new AbortController();
    const total = fixture.client.total(source.items, { signal: controller.signal });
    await settle();
    controller.abort();
    expect(await failure(total)).toBe(controller.signal.reason);
    await settle();
    expect(source.closed).toBe(1);
  });

  test("by the loss of the session", async () => {
    const fixture = await begin();
    const source = counted();
    const { token, outcome } = await offer(fixture, source.items);
    await settle();
    fixture.worker.say({ jsonrpc: "2.0", method: "$/ready", params: { ...HELLO, instance: "i2" } });
    const session = await fixture.worker.greet({ ...HELLO, instance: "i2" });
    expect(await outcome).toHaveProperty("thrown");
    expect(source.closed).toBe(1);
    expect(await next({ ...fixture, session }, token)).toMatchObject(GONE);
  });

  const besides: [name: string, call: (client: Backend, numbers: Numbers) => Promise<unknown>][] = [
    ["cannot be sent", (c, numbers) => c.two(numbers, NaN)],
    ["is no stream", (c, numbers) => c.pair(numbers, 5 as never)],
  ];
  test.each(besides)("by an argument beside it that %s", async (_name, call) => {
    const fixture = await begin();
    const source = counted();
    expect(await failure(call(fixture.client, source.items))).toBeInstanceOf(TypeError);
    await settle();
    expect(source.closed).toBe(1);
  });

  test("a source that fails to close is reported", async () => {
    const fixture = await begin();
    const { id } = await offer(
      fixture,
      (function* () {
        try {
          yield 1;
        } finally {
          throw new Error("closing");
        }
      })(),
    );
    await settle();
    fixture.worker.answer(id, 1);
    await settle();
    expect(fixture.errors).toMatchObject([{ message: "closing" }]);
  });

  test("a source that has ended is not closed again", async () => {
    const fixture = await begin();
    const close = vi.fn();
    const items = ["a", "b"];
    const ending = {
      next: () => ({ done: items.length === 0, value: items.shift() }),
      return: close,
    };
    const { id, token } = await offer(fixture, { [Symbol.iterator]: () => ending } as never);
    await settle();
    await next(fixture, token); // Now it runs ahead of its end, and "b" is not asked for.
    await settle();
    fixture.worker.answer(id, 1);
    await settle();
    expect(items).toEqual([]);
    expect(close).not.toHaveBeenCalled();
  });

  test("not before the stream has ended that the call returned", async () => {
    const fixture = await begin();
    const source = counted();
    const items = pull(fixture.client.both(source.items));
    const first = items.next();
    const { id, params } = await fixture.worker.message();
    const [{ token }] = params as [{ token: unknown }];
    fixture.worker.answer(id, { token: "theirs", values: [1] });
    await first;
    expect(await next(fixture, token)).toMatchObject({ values: [0] });
    const second = items.next();
    fixture.worker.answer((await fixture.worker.message()).id, { values: [2], finished: true });
    await second;
    await settle();
    expect(source.closed).toBe(1);
    expect(await next(fixture, token)).toMatchObject(GONE);
  });

  test("nothing is begun before the first pull of the stream that the call returns", async () => {
    const fixture = await begin();
    const source = counted();
    fixture.client.both(source.items);
    await settle();
    expect(source.produced).toBe(0);
  });
});

describe("a result", () => {
  /** Has the page's method called; returns its answer. */
  async function called(lines: (call: IncomingCall) => unknown) {
    const exposed = expose<{ lines: (call: IncomingCall) => unknown }>(
      {
        name: "FrontendAPI",
        contract: "c1",
        regenerate: "",
        members: { lines: { method: "lines", params: [], returns: stream } },
      },
      { lines },
    );
    const fixture = connect({ expose: exposed });
    const greeting = { ...fixture, session: await fixture.worker.greet() };
    return { ...greeting, client: undefined, answer: await ask(greeting, "lines", []) };
  }

  test.each([
    ["a list goes whole", () => [1, 2], { values: [1, 2] }],
    ["what ends in one pass of the loop too", () => counted(0).items, { values: [] }],
    ["what exists after one pass", () => counted().items, { token: 1, values: [0] }],
    ["it never waits for more", () => fed().items, { token: 1 }],
    ["an error comes at the next", () => counted(1, () => NaN).items, { token: 1 }],
  ])("%s", async (_name, lines, form) => {
    expect((await called(lines)).answer.result).toEqual(form);
  });

  test("that is a list which JSON cannot hold is an error by its item", async () => {
    const message = "Item 1 of the stream: JSON cannot hold a function";
    expect((await called(() => [1, () => 2])).answer.error).toEqual({ code: -32003, message });
  });

  test("that is cancelled in that pass is answered so, and closed", async () => {
    const source = counted(Infinity, () => worker.notify("$/cancelRequest", { id }, session));
    const exposed = expose(
      {
        name: "FrontendAPI",
        contract: "c1",
        regenerate: "",
        members: { lines: { method: "lines", params: [], returns: stream } },
      },
      { lines: () => source.items },
    );
    const { worker } = connect({ expose: exposed });
    const session = await worker.greet();
    const id = `${session}:w1`;
    worker.ask(id, "lines");
    expect(await worker.message()).toMatchObject({ id, error: { code: -32800 } });
    expect(source.closed).toBe(1);
  });

  test("ends at the deadline of the call that it was returned by", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const source = fed();
      const exposed = expose(
        {
          name: "FrontendAPI",
          contract: "c1",
          regenerate: "",
          members: { lines: { method: "lines", params: [], returns: stream } },
        },
        { lines: () => source.items },
      );
      const { worker } = connect({ expose: exposed });
      const session = await worker.greet();
      worker.ask(`${session}:w1`, "lines", [], 50);
      expect(await worker.message()).toMatchObject({ result: { token: 1 } });
      worker.ask(`${session}:w2`, "$/enumerator/next", { token: 1 });
      await settle();
      vi.advanceTimersByTime(49);
      await settle();
      expect(worker.unread).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(await worker.message()).toMatchObject({
        id: `${session}:w2`,
        error: { code: -32050 },
      });
      expect(source.closed).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });

  test("lives beyond its answer, to its end", async () => {
    const fixture = await called(() => counted(3).items);
    expect(await next(fixture, 1)).toEqual({ values: [1], finished: false });
    await settle();
    expect(await next(fixture, 1)).toEqual({ values: [2], finished: true });
    expect(await next(fixture, 1)).toMatchObject(GONE);
  });

  test("ends with its session", async () => {
    const source = counted();
    const { channel } = await called(() => source.items);
    channel.destroy();
    await settle();
    expect(source.closed).toBe(1);
  });

  const ends: [
    name: string,
    end: (fixture: Pick<Greeted<unknown>, "worker" | "session" | "channel">) => void,
    reason: object,
  ][] = [
    [
      "is aborted",
      ({ worker, session }) => worker.notify("$/enumerator/abort", { token: 1 }, session),
      { name: "AbortError" },
    ],
    ["loses its session", ({ channel }) => channel.destroy(), { name: "ChannelClosed" }],
  ];
  test.each(ends)(
    "that %s has its call's signal abort: no wait holds it",
    async (_, end, reason) => {
      const seen: unknown[] = [];
      const fixture = await called(async function* ({ signal }) {
        try {
          yield 1;
          await new Promise((_resolve, reject) =>
            signal.addEventListener("abort", () => reject(signal.reason as Error)),
          );
        } finally {
          seen.push(signal.reason);
        }
      });
      expect(fixture.answer.result).toEqual({ token: 1, values: [1] });
      expect(seen).toEqual([]);
      end(fixture);
      await settle();
      expect(seen).toMatchObject([reason]);
      expect(fixture.errors).toEqual([]);
    },
  );

  test("that ends by itself leaves the signal alone", async () => {
    let signal: AbortSignal | undefined;
    const fixture = await called((call) => {
      signal = call.signal;
      return counted(1).items;
    });
    expect(await next(fixture as never, 1)).toEqual({ values: [], finished: true });
    await settle();
    expect(signal?.aborted).toBe(false);
  });

  test("that is no stream is an error of the method's", async () => {
    const { answer } = await called(() => 5);
    expect(answer.error).toMatchObject({ code: -32603 });
    expect(answer.error?.message).toContain("expected an iterable or async iterable");
  });
});

describe("a stream of the worker's, in a call of the worker's", () => {
  /** Has the page's method called with a stream; returns what it got. */
  async function called(form: unknown, read: (items: Stream<unknown>) => unknown) {
    const exposed = expose(
      {
        name: "FrontendAPI",
        contract: "c1",
        regenerate: "",
        members: { show: { method: "show", params: ["items"], takes: { items: stream } } },
      },
      { show: read },
    );
    const fixture = connect({ expose: exposed });
    const session = await fixture.worker.greet();
    const id = `${session}:w1`;
    fixture.worker.say({ jsonrpc: "2.0", id, method: "show", params: [form] });
    return { ...fixture, id };
  }

  test("is read by the method", async () => {
    const { worker, id } = await called({ token: "t", values: [1] }, (items) => items.toArray());
    const asked = await worker.message();
    expect(asked).toMatchObject({ method: "$/enumerator/next", params: { token: "t" } });
    worker.answer(asked.id, { values: [2], finished: true });
    expect(await worker.message()).toMatchObject({ id, result: [1, 2] });
  });

  test("is inert after the call: a clear error, and no word to the worker", async () => {
    let kept: Stream<unknown> | undefined;
    const { worker, id } = await called({ token: "t" }, (items) => void (kept = items));
    expect(await worker.message()).toMatchObject({ id, result: null });
    expect(await failure((kept as Stream<unknown>).toArray())).toMatchObject({
      message: "The call that this stream came with has ended",
    });
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("fails what reads it when the call is cancelled", async () => {
    const seen = vi.fn();
    const { worker, id } = await called({ token: "t" }, async (items) => {
      await items.toArray().catch((thrown: unknown) => {
        seen(thrown);
        throw thrown;
      });
    });
    await worker.message();
    worker.say({ jsonrpc: "2.0", method: "$/cancelRequest", params: { id } });
    await settle();
    expect(seen.mock.calls).toMatchObject([[{ name: "AbortError" }]]);
    expect(await worker.message()).toMatchObject({ id, error: { code: -32800 } });
  });

  test("that is none is refused", async () => {
    const { worker } = await called(5, () => undefined);
    const error = (await worker.message()).error;
    expect(error).toEqual({
      code: -32602,
      message:
        "Invalid params: show, items: expected a stream's token or its values, received a number",
      data: {
        param: "items",
        path: "$",
        expected: "a stream's token or its values",
        received: "a number",
      },
    });
  });
});
