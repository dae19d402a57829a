import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { ChannelClosed, RpcError, SessionEnded, batch, stream } from "../src/index.js";
import type { Call, Stream } from "../src/index.js";
import { HELLO, failure, settle } from "./fake-worker.js";
import type { Received } from "./fake-worker.js";
import { gist, greeted, pull } from "./greeted.js";
import type { Greeted } from "./greeted.js";

interface Backend {
  tail(
    path: string,
    options?: { lines?: number; signal?: AbortSignal; timeoutMs?: number },
  ): Stream<unknown>;
}

const tail = { method: "tail", params: ["path"], options: ["lines"], returns: stream };

function begin(): Promise<Greeted<Backend>> {
  return greeted<Backend>({ tail });
}

/** Not in the library that templates have. */
declare const WeakRef: new <T extends object>(target: T) => { deref(): T | undefined };

/** Answers the call with a form, then each `next` with a batch; returns the tokens asked for. */
async function feed({ worker }: Greeted<Backend>, form: unknown, ...batches: unknown[]) {
  worker.answer((await worker.message()).id, form);
  const asked: unknown[] = [];
  for (const batch of batches) {
    const { id, method, params } = await worker.message();
    expect(method).toBe("$/enumerator/next");
    asked.push((params as { token: unknown }).token);
    worker.answer(id, batch);
  }
  return asked;
}

/** A stream whose call was answered with token 1, and one item pulled. */
async function opened(options: { signal?: AbortSignal; timeoutMs?: number } = {}) {
  const fixture = await begin();
  const items = pull(fixture.client.tail("x", options));
  const first = items.next();
  await feed(fixture, { token: 1, values: ["a", "b"] });
  expect(await first).toEqual({ done: false, value: "a" });
  return { ...fixture, items };
}

/** The same, with nothing buffered and a `next` that waits. */
async function waiting(options: { signal?: AbortSignal; timeoutMs?: number } = {}) {
  const fixture = await opened(options);
  await fixture.items.next();
  const item = fixture.items.next();
  const next = await fixture.worker.message();
  expect(gist(next)).toEqual({ method: "$/enumerator/next", params: { token: 1 } });
  return { ...fixture, item, next };
}

const ABORT = { method: "$/enumerator/abort", params: { token: 1 } };

/** What the worker was sent and no test has read. */
function unread({ worker }: Pick<Greeted<Backend>, "worker">): unknown[] {
  return worker.unread.map((line) => gist(JSON.parse(line) as never));
}

afterEach(() => vi.useRealTimers());

describe("what stands in a stream's place", () => {
  const table: [
    name: string,
    form: unknown,
    batches: unknown[],
    items: unknown[],
    token?: unknown,
  ][] = [
    ["values and no token: all there is", { values: [1, 2] }, [], [1, 2]],
    ["a token of null: all there is", { token: null, values: [1] }, [], [1]],
    ["nothing: the empty stream", {}, [], []],
    ["values of null", { values: null }, [], []],
    [
      "a token and the first values",
      { token: "t", values: [1] },
      [{ values: [2], finished: true }],
      [1, 2],
      "t",
    ],
    ["a token that is 0", { token: 0 }, [{ values: [1], finished: true }], [1], 0],
    ["a token that is empty", { token: "" }, [{ values: [], finished: true }], [], ""],
    [
      "several batches; `finished` may be absent",
      { token: 7 },
      [{ values: [1, 2] }, { values: [3], finished: false }, { values: [], finished: true }],
      [1, 2, 3],
      7,
    ],
    [
      "items that are false to JavaScript",
      { token: 7 },
      [{ values: [0, "", null, false], finished: true }],
      [0, "", null, false],
      7,
    ],
  ];
  test.each(table)("%s", async (_name, form, batches, items, token) => {
    const fixture = await begin();
    const all = fixture.client.tail("x").toArray();
    const asked = await feed(fixture, form, ...batches);
    expect(await all).toEqual(items);
    expect(asked).toEqual(batches.map(() => token));
    await settle();
    expect(unread(fixture)).toEqual([]); // No abort follows the end.
  });

  test.each([[5], [null], ["text"], [{ token: {} }], [{ token: 1, values: 3 }]])(
    "%j is none",
    async (form) => {
      const fixture = await begin();
      const all = fixture.client.tail("x").toArray();
      await feed(fixture, form);
      const error = await failure(all);
      expect(error).toBeInstanceOf(TypeError);
      expect((error as Error).message).toContain("expected a stream's token or its values");
    },
  );
});

describe("reading", () => {
  test("nothing is sent before the first pull", async () => {
    const fixture = await begin();
    const lines = fixture.client.tail("x", { lines: 3 });
    const items = pull(lines);
    await settle();
    expect(unread(fixture)).toEqual([]);
    void items.next();
    expect(gist(await fixture.worker.message())).toEqual({
      method: "tail",
      params: { path: "x", lines: 3 },
    });
  });

  test("no more is asked for before what has come is read", async () => {
    const fixture = await opened();
    await settle();
    expect(unread(fixture)).toEqual([]);
    await fixture.items.next();
    await settle();
    expect(unread(fixture)).toEqual([]);
    void fixture.items.next();
    await settle();
    expect(unread(fixture)).toHaveLength(1);
  });

  test("pulls that do not wait for each other get the items in order", async () => {
    const fixture = await begin();
    const items = pull(fixture.client.tail("x"));
    const results = Promise.all([items.next(), items.next(), items.next(), items.next()]);
    await feed(fixture, { token: 1 }, { values: ["a", "b"] }, { values: ["c"], finished: true });
    expect((await results).map(({ value }) => value as unknown)).toEqual([
      "a",
      "b",
      "c",
      undefined,
    ]);
  });

  test("in a batch of calls", async () => {
    const fixture = await begin();
    const all = batch(fixture.channel, () =>
      ["x", "y"].map((path) => fixture.client.tail(path).toArray()),
    );
    const requests = (await fixture.worker.message()) as unknown as Received[];
    expect(requests.map(gist)).toEqual(
      ["x", "y"].map((path) => ({ method: "tail", params: [path] })),
    );
    fixture.worker.say(
      requests.map(({ id }) => ({ jsonrpc: "2.0", id, result: { values: [id] } })),
    );
    expect(await Promise.all(all)).toEqual(requests.map(({ id }) => [id]));
  });

  test("batches: one array a message", async () => {
    const fixture = await begin();
    const batches: unknown[] = [];
    const reading = (async (): Promise<void> => {
      for await (const batch of fixture.client.tail("x").batches()) batches.push(batch);
    })();
    await feed(
      fixture,
      { token: 1, values: [1] },
      { values: [2, 3] },
      { values: [4], finished: true },
    );
    await reading;
    expect(batches).toEqual([[1], [2, 3], [4]]);
  });

  test("a list longer than arguments can be", async () => {
    const fixture = await begin();
    const all = fixture.client.tail("x").toArray();
    const values = Array.from({ length: 300_000 }, (_, index) => index);
    await feed(fixture, { values });
    expect(await all).toHaveLength(300_000);
  });

  const uses: [name: string, use: (lines: Stream<unknown>) => unknown][] = [
    ["a loop", (lines) => pull(lines).next()],
    ["batches", (lines) => lines.batches().next()],
    ["toArray", (lines) => lines.toArray()],
  ];
  test.each(uses)("once only: %s after another", async (_name, use) => {
    const fixture = await begin();
    const lines = fixture.client.tail("x");
    lines.batches();
    const error = await failure(Promise.resolve().then(() => use(lines)));
    expect(error).toBeInstanceOf(TypeError);
    expect((error as Error).message).toBe("A stream can be read once: call its method again");
  });

  test("a signal that is none is refused at the first pull", async () => {
    const fixture = await begin();
    const lines = fixture.client.tail("x", { signal: {} as AbortSignal });
    expect(await failure(lines.toArray())).toEqual(
      new TypeError("tail: signal: expected an AbortSignal"),
    );
    await settle();
    expect(fixture.worker.unread).toEqual([]);
  });

  test("a mistake in the arguments shows at the first pull", async () => {
    const fixture = await begin();
    const lines = fixture.client.tail("x", { limit: 1 } as never);
    expect(await failure(lines.toArray())).toMatchObject({ message: "tail has no option 'limit'" });
    expect(unread(fixture)).toEqual([]);
  });

  test("typed by its items", () => {
    expectTypeOf<Stream<string>>().toExtend<AsyncIterable<string>>();
    expectTypeOf<ReturnType<Stream<string>["toArray"]>>().toEqualTypeOf<Call<string[]>>();
    expectTypeOf<Stream<string>["batches"]>().returns.toExtend<AsyncIterable<string[]>>();
  });
});

describe("leaving early", () => {
  test("aborts", async () => {
    const fixture = await begin();
    const reading = (async (): Promise<void> => {
      for await (const line of fixture.client.tail("x")) {
        expect(line).toBe("a");
        break;
      }
    })();
    await feed(fixture, { token: 1, values: ["a", "b"] });
    await reading;
    const abort = await fixture.worker.message();
    expect(gist(abort)).toEqual(ABORT);
    expect(abort).toMatchObject({ session: fixture.session }); // A notification, ours.
    expect(abort).not.toHaveProperty("id");
    await settle();
    expect(unread(fixture)).toEqual([]);
  });

  test("aborts when the loop's body throws", async () => {
    const fixture = await begin();
    const reading = (async (): Promise<void> => {
      for await (const _ of fixture.client.tail("x").batches()) throw new Error("mine");
    })();
    await feed(fixture, { token: 1, values: ["a"] });
    expect(await failure(reading)).toMatchObject({ message: "mine" });
    expect(gist(await fixture.worker.message())).toEqual(ABORT);
  });

  test("does not abort what has finished", async () => {
    const fixture = await begin();
    const items = pull(fixture.client.tail("x"));
    const first = items.next();
    await feed(fixture, { token: 1 }, { values: ["a", "b"], finished: true });
    await first;
    await items.return();
    await settle();
    expect(unread(fixture)).toEqual([]);
  });

  test("does not wait for the item that is on its way", async () => {
    const fixture = await waiting();
    expect(await fixture.items.return()).toEqual({ done: true, value: undefined });
    expect(await fixture.item).toEqual({ done: true, value: undefined });
    expect(gist(await fixture.worker.message())).toEqual(ABORT);
    fixture.worker.refuse(fixture.next.id, -32800, "Cancelled");
    await settle();
    expect(fixture.errors).toEqual([]);
    expect(await fixture.items.next()).toEqual({ done: true, value: undefined });
  });

  test("before the token is known cancels the call", async () => {
    const fixture = await begin();
    const items = pull(fixture.client.tail("x"));
    const first = items.next();
    const { id } = await fixture.worker.message();
    await items.return();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(gist(await fixture.worker.message())).toEqual({
      method: "$/cancelRequest",
      params: { id },
    });
  });

  test("while the answer arrives cancels the call or aborts the stream", async () => {
    for (let turns = 0; turns < 15; turns++) {
      const fixture = await begin();
      const items = pull(fixture.client.tail("x"));
      const first = items.next();
      const { id } = await fixture.worker.message();
      fixture.worker.answer(id, { token: 1 });
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      await items.return();
      expect(await first).toEqual({ done: true, value: undefined });
      await settle();
      const cancel = { method: "$/cancelRequest", params: { id } };
      const sent = unread(fixture).filter(
        (message) => (message as { method: string }).method !== "$/enumerator/next",
      );
      expect([[cancel], [ABORT]], `after ${turns} turns`).toContainEqual(sent);
    }
  });

  test("before the first pull sends nothing, nor do later pulls", async () => {
    const fixture = await begin();
    const items = pull(fixture.client.tail("x"));
    await items.return();
    expect(await items.next()).toEqual({ done: true, value: undefined });
    await settle();
    expect(unread(fixture)).toEqual([]);
  });
});

test("a stream does not outlive its session, though the news came with its answer", async () => {
  const fixture = await begin();
  const items = pull(fixture.client.tail("x"));
  const first = items.next();
  const { id } = await fixture.worker.message();
  fixture.worker.say(
    { jsonrpc: "2.0", id, result: { token: 1, values: ["a"] } },
    { jsonrpc: "2.0", method: "$/ready", params: { ...HELLO, instance: "i2" } },
  );
  expect(await first).toEqual({ done: false, value: "a" });
  await fixture.worker.greet({ ...HELLO, instance: "i2" });
  // Token 1 may be another stream's by now.
  expect(await failure(items.next())).toBeInstanceOf(SessionEnded);
  expect(unread(fixture)).toEqual([]);
});

test("a stream that is dropped is held by nobody", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const fixture = await begin();
  const dropped = await (async () => {
    const path = { named: "x" }; // Held by whatever holds the call.
    const items = pull(fixture.client.tail(path as never));
    const first = items.next();
    await feed(fixture, { token: 1, values: ["a", "b"] });
    await first;
    return new WeakRef(path);
  })();
  await settle();
  collect();
  expect(dropped.deref()).toBeUndefined();
});

describe("aborting by a signal", () => {
  const reason = new Error("enough");

  test("before the first pull: nothing is sent", async () => {
    const fixture = await begin();
    const controller = new AbortController();
    const lines = fixture.client.tail("x", { signal: controller.signal });
    controller.abort(reason);
    expect(await failure(lines.toArray())).toBe(reason);
    expect(unread(fixture)).toEqual([]);
  });

  test("before the token is known: cancels, and rejects at once", async () => {
    const fixture = await begin();
    const controller = new AbortController();
    const all = fixture.client.tail("x", { signal: controller.signal }).toArray();
    const { id } = await fixture.worker.message();
    controller.abort(reason);
    expect(await failure(all)).toBe(reason);
    expect(gist(await fixture.worker.message())).toEqual({
      method: "$/cancelRequest",
      params: { id },
    });
  });

  test("while an item is waited for: aborts, and rejects at once", async () => {
    const controller = new AbortController();
    const fixture = await waiting({ signal: controller.signal });
    controller.abort(reason);
    expect(await failure(fixture.item)).toBe(reason);
    expect(gist(await fixture.worker.message())).toEqual(ABORT);
    fixture.worker.answer(fixture.next.id, { values: ["late"] });
    await settle();
    expect(unread(fixture)).toEqual([]);
    expect(fixture.errors).toEqual([]);
  });

  test("between two pulls: aborts at once; what has arrived is not given out", async () => {
    const controller = new AbortController();
    const fixture = await opened({ signal: controller.signal });
    controller.abort(reason);
    expect(gist(await fixture.worker.message())).toEqual(ABORT);
    expect(await failure(fixture.items.next())).toBe(reason);
  });

  test("is listened to no longer than the stream lives", async () => {
    const fixture = await begin();
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    const all = fixture.client.tail("x", { signal }).toArray();
    await feed(fixture, { token: 1 }, { values: [1], finished: true });
    await all;
    expect(added.mock.calls.length).toBeGreaterThan(0);
    expect(removed.mock.calls.map(([, f]) => f)).toEqual(added.mock.calls.map(([, f]) => f));
  });
});

describe("a deadline covers the whole of a stream", () => {
  test("the request says it", async () => {
    const fixture = await begin();
    void failure(fixture.client.tail("x", { timeoutMs: 500 }).toArray());
    expect(await fixture.worker.message()).toMatchObject({ params: ["x"], timeoutMs: 500 });
  });

  test("the worker's word, as the answer to a next", async () => {
    const fixture = await waiting({ timeoutMs: 500 });
    fixture.worker.refuse(fixture.next.id, -32050, "Deadline exceeded");
    expect(await failure(fixture.item)).toMatchObject({ name: "TimeoutError" });
    await settle();
    expect(unread(fixture)).toEqual([]);
  });

  test("without the worker's word, a second later", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const fixture = await waiting({ timeoutMs: 500 });
    vi.advanceTimersByTime(1499);
    await settle();
    expect(unread(fixture)).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(await failure(fixture.item)).toMatchObject({ name: "TimeoutError" });
    expect(gist(await fixture.worker.message())).toEqual(ABORT);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("no timer is left of a stream that has ended", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const fixture = await begin();
    const all = fixture.client.tail("x", { timeoutMs: 500 }).toArray();
    await feed(fixture, { token: 1 }, { values: [], finished: true });
    await all;
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("an error ends a stream", () => {
  test("of the call", async () => {
    const fixture = await begin();
    const all = fixture.client.tail("x").toArray();
    fixture.worker.refuse((await fixture.worker.message()).id, 4004, "no x", { path: "x" });
    const error = await failure(all);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: 4004, data: { path: "x" } });
  });

  test("of a next: what came before it is given out, no abort follows", async () => {
    const fixture = await begin();
    const items = pull(fixture.client.tail("x"));
    const first = items.next();
    await feed(fixture, { token: 1, values: ["a"] });
    expect((await first).value).toBe("a");
    const second = items.next();
    fixture.worker.refuse((await fixture.worker.message()).id, -32001, "unknown token");
    expect(await failure(second)).toMatchObject({ code: -32001 });
    expect(await items.next()).toEqual({ done: true, value: undefined });
    await settle();
    expect(unread(fixture)).toEqual([]);
  });
});

describe("an answer to a next that cannot be read", () => {
  test.each([[{ values: 3 }], [5], [null], [{ token: {}, values: [] }]])(
    "ends the stream here, and in the worker: %j",
    async (form) => {
      const fixture = await waiting();
      fixture.worker.answer(fixture.next.id, form);
      const error = await failure(fixture.item);
      expect((error as Error).message).toContain("expected a stream's token or its values");
      expect(gist(await fixture.worker.message())).toEqual(ABORT);
      expect(await fixture.items.next()).toEqual({ done: true, value: undefined });
      await settle();
      expect(unread(fixture)).toEqual([]);
    },
  );
});

describe("a session that is lost", () => {
  test("ends a stream that waits", async () => {
    const fixture = await waiting();
    fixture.worker.refuse(fixture.next.id, -32002, "Session ended");
    expect(await failure(fixture.item)).toBeInstanceOf(SessionEnded);
  });

  test("ends a stream between two pulls: its token is not sent to another worker", async () => {
    const fixture = await opened();
    fixture.worker.say({ jsonrpc: "2.0", method: "$/ready", params: { ...HELLO, instance: "i2" } });
    await fixture.worker.greet({ ...HELLO, instance: "i2" });
    expect((await fixture.items.next()).value).toBe("b"); // It had arrived.
    expect(await failure(fixture.items.next())).toBeInstanceOf(SessionEnded);
    await settle();
    expect(unread(fixture)).toEqual([]);
  });

  test("leaves nobody to abort", async () => {
    const fixture = await opened();
    fixture.worker.say({ jsonrpc: "2.0", method: "$/ready", params: { ...HELLO, instance: "i2" } });
    await fixture.worker.greet({ ...HELLO, instance: "i2" });
    await fixture.items.return();
    await settle();
    expect(unread(fixture)).toEqual([]);
  });

  test("a channel that is destroyed ends a stream that waits, and one that does not", async () => {
    const fixture = await waiting();
    const idle = pull(fixture.client.tail("y"));
    const first = idle.next();
    await feed(fixture, { token: 2, values: [1] });
    await first;
    fixture.channel.destroy();
    expect(await failure(fixture.item)).toBeInstanceOf(ChannelClosed);
    expect(await failure(idle.next())).toBeInstanceOf(ChannelClosed);
  });
});
