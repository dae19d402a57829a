/** What is converted of what crosses: params, results, items, callbacks, progress, events. */

import { describe, expect, test, vi } from "vitest";
import {
  batch,
  callbackOf,
  date,
  dict,
  duration,
  eventOf,
  expose,
  list,
  members as fields,
  noticeOf,
  procedureOf,
  progressOf,
  streamOf,
  value,
} from "../src/index.js";
import type { EventFeed, IncomingCall, Members, Stream } from "../src/index.js";
import { connect, failure, settle } from "./fake-worker.js";
import { ask, gist, greeted, pull } from "./greeted.js";
import type { Greeted } from "./greeted.js";

const NOON = new Date("2026-07-31T12:00:00Z");
const NOON_TEXT = "2026-07-31T12:00:00.000Z";
const NOT_A_DATE = 'expected a Date, received a string (at "takenAt")';
const UNREADABLE =
  'expected a date, a time and its offset as ISO 8601 has them, received "x" (at "takenAt")';

interface Photo {
  readonly takenAt?: Date | null;
  readonly title?: unknown;
}

const photo = fields(() => ({ takenAt: date }));

/** What the types would not let pass. */
const wrong = { takenAt: "x" } as unknown as Photo;

interface Options {
  readonly since?: Date | undefined;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly onProgress?: (latest: Photo) => unknown;
}

interface Backend {
  add(photo: Photo | null, title?: string, options?: Options): Promise<Photo[]>;
  ask(
    ask: (photo: Photo, title: unknown) => Date | Promise<Date>,
    tell: (photo: Photo) => void,
    tidy?: (photo: Photo) => void,
  ): Promise<void>;
  tail(since: Date, options?: { readonly signal?: AbortSignal }): Stream<Photo>;
  send(photos: AsyncIterable<Photo> | Iterable<Photo>): Promise<number>;
  readonly changed: EventFeed<Photo>;
}

const members: Members = {
  add: {
    method: "photos.add",
    params: ["photo", "title"],
    options: ["since"],
    onProgress: "progress",
    takes: { photo: value(photo), since: value(date), progress: progressOf(photo) },
    returns: value(list(photo)),
  },
  ask: {
    method: "ask",
    params: ["ask", "tell", "tidy"],
    takes: {
      ask: callbackOf([photo], date),
      tell: noticeOf([photo]),
      tidy: procedureOf([photo]),
    },
  },
  tail: {
    method: "photos.tail",
    params: ["since"],
    takes: { since: value(date) },
    returns: streamOf(photo),
  },
  send: { method: "photos.send", params: ["photos"], takes: { photos: streamOf(photo) } },
  changed: eventOf("photos.changed", photo),
};

function begin(): Promise<Greeted<Backend>> {
  return greeted<Backend>(members);
}

async function expectUnsent({ worker }: Greeted<Backend>, call: Promise<unknown>, message: string) {
  const error = await failure(call);
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ message });
  await settle();
  expect(worker.unread).toEqual([]);
}

describe("a call", () => {
  test("has its arguments written and its answer read", async () => {
    const { client, worker } = await begin();
    const given = { takenAt: NOON, title: "x" };
    const photos = client.add(given, "t", { since: NOON });
    const { id, ...message } = await worker.message();
    const params = {
      photo: { takenAt: NOON_TEXT, title: "x" },
      title: "t",
      since: NOON_TEXT,
    };
    expect(gist(message)).toEqual({ method: "photos.add", params });
    worker.answer(id, [{ takenAt: "2026-07-31T14:00:00.000123+02:00" }, { takenAt: null }]);
    expect(await photos).toEqual([{ takenAt: NOON }, { takenAt: null }]);
    expect(given).toEqual({ takenAt: NOON, title: "x" });
  });

  test("goes by position, as any other, and null is null", async () => {
    const { client, worker } = await begin();
    void client.add(null, "t");
    expect((await worker.message()).params).toEqual([null, "t"]);
    void client.add({ takenAt: NOON });
    expect((await worker.message()).params).toEqual([{ takenAt: NOON_TEXT }]);
    void client.add(undefined as never, "t");
    expect((await worker.message()).params).toEqual({ title: "t" });
  });

  test("goes in a batch", async () => {
    const { client, channel, worker } = await begin();
    const both = batch(channel, () => [client.add({ takenAt: NOON }), client.add(wrong)]);
    const [first, second] = both.map((call) => call.catch((thrown: Error) => thrown.message));
    const [{ id }] = JSON.parse(await worker.line()) as [{ id: string }];
    worker.say([{ jsonrpc: "2.0", id, result: [{ takenAt: NOON_TEXT }] }]);
    expect(await first).toEqual([{ takenAt: NOON }]);
    expect(await second).toBe(`photos.add: 'photo': ${NOT_A_DATE}`);
  });

  test("is written as it was when it was made", async () => {
    const { client, worker } = await begin();
    const given = { takenAt: new Date(NOON) };
    void client.add(given);
    given.takenAt.setTime(0);
    expect((await worker.message()).params).toEqual([{ takenAt: NOON_TEXT }]);
  });

  test("ends early, as any other", async () => {
    const { client, worker } = await begin();
    const controller = new AbortController();
    const call = client.add({}, "t", { signal: controller.signal, timeoutMs: 700 });
    const { id, timeoutMs } = await worker.message();
    expect(timeoutMs).toBe(700);
    controller.abort("enough");
    expect(await failure(call)).toBe("enough");
    expect(gist(await worker.message())).toEqual({ method: "$/cancelRequest", params: { id } });
  });

  test("whose answer cannot be read says so", async () => {
    const { client, worker } = await begin();
    const call = client.add({});
    worker.answer((await worker.message()).id, [{}, wrong]);
    const error = await failure(call);
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      message: `photos.add: the answer: ${UNREADABLE.replace("takenAt", "1.takenAt")}`,
    });
  });

  const cycle: { albums?: unknown } = {};
  cycle.albums = [cycle];

  const refused: [name: string, call: (client: Backend) => Promise<unknown>, message: string][] = [
    ["another type", (c) => c.add(wrong), `photos.add: 'photo': ${NOT_A_DATE}`],
    [
      "no date",
      (c) => c.add({ takenAt: new Date(NaN) }),
      `photos.add: 'photo': expected a Date, received an invalid one (at "takenAt")`,
    ],
    [
      "an option",
      (c) => c.add({}, "t", { since: 5 as never }),
      "photos.add: 'since': expected a Date, received a number",
    ],
    [
      "NaN beside what is converted",
      (c) => c.add({ takenAt: NOON, title: NaN }),
      'photos.add: JSON cannot hold NaN (at "title" in its arguments)',
    ],
    [
      "a lone surrogate beside it",
      (c) => c.add({ takenAt: NOON, title: ["\ud800"] }),
      'photos.add: JSON cannot hold a lone surrogate (at "0" in its arguments)',
    ],
    [
      "a bigint that has no codec",
      (c) => c.add({ takenAt: NOON, title: 1n }),
      "photos.add: Do not know how to serialize a BigInt",
    ],
    [
      "an invalid date that has no codec",
      (c) => c.add({ takenAt: NOON, title: new Date(NaN) }),
      'photos.add: JSON cannot hold NaN (at "title" in its arguments)',
    ],
    [
      "bytes that have no codec",
      (c) => c.add({ takenAt: NOON, title: new Uint8Array(1) }),
      'photos.add: JSON cannot hold the contents of Uint8Array: give an array or a plain object (at "title" in its arguments)',
    ],
    [
      "a stream's item",
      (c) => c.send([{ takenAt: NOON }, wrong]),
      `photos.send: 'photos': Item 1 of the stream: ${NOT_A_DATE}`,
    ],
    [
      "what JSON cannot hold of one",
      (c) => c.send([{ takenAt: NOON, title: "\udfff" }]),
      `photos.send: 'photos': Item 0 of the stream: JSON cannot hold a lone surrogate (at "title")`,
    ],
    [
      "a callback that is none",
      (c) => c.ask(5 as never, () => undefined),
      "ask: 'ask': expected a function, received a number",
    ],
    [
      "a progress that is none",
      (c) => c.add({}, "t", { onProgress: 5 as never }),
      "photos.add: 'onProgress': expected a function, received a number",
    ],
  ];
  test.each(refused)("is refused before anything is written: %s", async (_name, call, message) => {
    const fixture = await begin();
    await expectUnsent(fixture, call(fixture.client), message);
  });

  test("of what contains itself is refused", async () => {
    const node: Members[string] = {
      method: "keep",
      params: ["node"],
      takes: { node: value(fields(nodes)) },
    };
    function nodes() {
      return { albums: list(fields(nodes)) };
    }
    const fixture = await greeted<{ keep(node: unknown): Promise<unknown> }>({ keep: node });
    expect(await failure(fixture.client.keep(cycle))).toBeInstanceOf(TypeError);
    await settle();
    expect(fixture.worker.unread).toEqual([]);
  });
});

describe("a stream of the worker's", () => {
  /** One that was called and answered with these items; then a `next` with these. */
  async function reading(values: unknown[], ...batches: unknown[]) {
    const fixture = await begin();
    const items = pull(fixture.client.tail(NOON));
    const first = items.next();
    const { id, params } = await fixture.worker.message();
    expect(params).toEqual([NOON_TEXT]);
    fixture.worker.answer(id, { token: 1, values });
    void (async () => {
      for (const batch of batches) {
        const next = await fixture.worker.message();
        if (next.method === "$/enumerator/next") fixture.worker.answer(next.id, batch);
      }
    })();
    return { ...fixture, items, first };
  }

  test("has its items read, in each batch", async () => {
    const fixture = await reading([{ takenAt: NOON_TEXT }], {
      values: [{ takenAt: NOON_TEXT }, { title: "x" }],
      finished: true,
    });
    expect(await fixture.first).toEqual({ done: false, value: { takenAt: NOON } });
    expect(await fixture.items.next()).toEqual({ done: false, value: { takenAt: NOON } });
    expect(await fixture.items.next()).toEqual({ done: false, value: { title: "x" } });
    expect(await fixture.items.next()).toEqual({ done: true, value: undefined });
  });

  test("gives batches and all of it, converted", async () => {
    for (const read of ["batches", "toArray"] as const) {
      const { client, worker } = await begin();
      const stream = client.tail(NOON);
      const found = read === "toArray" ? stream.toArray() : pull(stream.batches()).next();
      worker.answer((await worker.message()).id, { values: [{ takenAt: NOON_TEXT }] });
      const expected = [{ takenAt: NOON }];
      expect(await found).toEqual(read === "toArray" ? expected : { done: false, value: expected });
    }
  });

  test("whose item cannot be read ends there, and in the worker too", async () => {
    const fixture = await reading([{ takenAt: NOON_TEXT }]);
    await fixture.first;
    const second = failure(fixture.items.next());
    fixture.worker.answer((await fixture.worker.message()).id, { values: [{}, wrong] });
    const error = await second;
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      message: `photos.tail: Item 2 of the stream: ${UNREADABLE}`,
    });
    expect(gist(await fixture.worker.message())).toEqual({
      method: "$/enumerator/abort",
      params: { token: 1 },
    });
    expect(await fixture.items.next()).toEqual({ done: true, value: undefined });
  });

  test.each([
    ["the only ones", { values: [wrong] }],
    ["with the token", { token: 1, values: [wrong] }],
  ])("whose first items cannot be read fails: %s", async (_name, form) => {
    const { client, worker } = await begin();
    const all = client.tail(NOON).toArray();
    worker.answer((await worker.message()).id, form);
    expect(await failure(all)).toMatchObject({
      message: `photos.tail: Item 0 of the stream: ${UNREADABLE}`,
    });
    await settle();
    const aborts = worker.unread.map((line) => gist(JSON.parse(line) as never));
    expect(aborts).toEqual(
      "token" in form ? [{ method: "$/enumerator/abort", params: { token: 1 } }] : [],
    );
  });

  test("whose last items cannot be read is not aborted: it has ended", async () => {
    const fixture = await reading([{}]);
    await fixture.first;
    const second = failure(fixture.items.next());
    const { id } = await fixture.worker.message();
    fixture.worker.answer(id, { values: [wrong], finished: true });
    expect(await second).toBeInstanceOf(TypeError);
    await settle();
    expect(fixture.worker.unread).toEqual([]);
  });

  test("is ended early as any other", async () => {
    const fixture = await reading([{}, {}]);
    await fixture.first;
    await fixture.items.return();
    expect(gist(await fixture.worker.message())).toMatchObject({ method: "$/enumerator/abort" });

    const controller = new AbortController();
    const items = pull(fixture.client.tail(NOON, { signal: controller.signal }));
    const first = items.next();
    fixture.worker.answer((await fixture.worker.message()).id, { token: 2, values: [{}, {}] });
    await first;
    controller.abort("enough");
    expect(await failure(items.next())).toBe("enough");
  });
});

describe("a stream of the page's", () => {
  test("that is short goes whole, written", async () => {
    const { client, worker } = await begin();
    void client.send(new Set([{ takenAt: NOON }, { title: "x" }]));
    expect((await worker.message()).params).toEqual([
      { values: [{ takenAt: NOON_TEXT }, { title: "x" }] },
    ]);
  });

  test("has its items written, one by one", async () => {
    const fixture = await begin();
    void fixture.client.send(
      (async function* () {
        yield { takenAt: NOON };
        yield {};
      })(),
    );
    const [{ token }] = (await fixture.worker.message()).params as [{ token: unknown }];
    const { result } = await ask(fixture, "$/enumerator/next", { token });
    expect(result).toMatchObject({ values: [{ takenAt: NOON_TEXT }] });
  });

  test("ends before an item that cannot be written, and its source too", async () => {
    const fixture = await begin();
    const closed = vi.fn();
    void fixture.client.send(
      (async function* () {
        try {
          yield { takenAt: NOON };
          yield wrong;
        } finally {
          closed();
        }
      })(),
    );
    const [{ token }] = (await fixture.worker.message()).params as [{ token: unknown }];
    await ask(fixture, "$/enumerator/next", { token });
    const { error } = await ask(fixture, "$/enumerator/next", { token });
    expect(error).toEqual({ code: -32003, message: `Item 1 of the stream: ${NOT_A_DATE}` });
    expect(closed).toHaveBeenCalledOnce();
  });
});

describe("a callback", () => {
  /** Calls with functions; returns by which methods the worker calls them. */
  async function offered(functions: Partial<Record<"ask" | "tell" | "tidy", unknown>>) {
    const fixture = await begin();
    const { ask: one = vi.fn(), tell = vi.fn(), tidy = vi.fn() } = functions;
    void fixture.client.ask(one as never, tell as never, tidy as never);
    const params = (await fixture.worker.message()).params as { handle: number }[];
    const methods = params.map(({ handle }) => `$/invokeProxy/${handle}/invoke`);
    return { ...fixture, methods: methods as [string, string, string] };
  }

  test("gets its arguments read, and has its result written", async () => {
    const own = vi.fn((photo: Photo) => Promise.resolve(photo.takenAt));
    const fixture = await offered({ ask: own });
    const answer = await ask(fixture, fixture.methods[0], [{ takenAt: NOON_TEXT }, "t", "more"]);
    expect(answer.result).toBe(NOON_TEXT);
    expect(own.mock.calls).toEqual([[{ takenAt: NOON }, "t", "more"]]);
    expect((await ask(fixture, fixture.methods[0], [{}])).result).toBeNull();
  });

  test("without a result is waited for, whatever it returns", async () => {
    const own = vi.fn((_photo: Photo) => Promise.resolve(NaN));
    const fixture = await offered({ tidy: own });
    const { result } = await ask(fixture, fixture.methods[2], [{ takenAt: NOON_TEXT }]);
    expect(result).toBeNull();
    expect(own.mock.calls).toEqual([[{ takenAt: NOON }]]);
  });

  test("that nobody waits for gets its arguments read", async () => {
    const own = vi.fn();
    const fixture = await offered({ tell: own });
    const { worker, session, methods, errors } = fixture;
    worker.notify(methods[1], [{ takenAt: NOON_TEXT }], session);
    worker.notify(methods[1], [wrong], session);
    worker.notify(methods[1], [], session);
    await settle();
    expect(own.mock.calls).toEqual([[{ takenAt: NOON }], []]);
    expect(errors).toMatchObject([
      {
        message: `Invalid params: a callback's arguments[0].takenAt: ${UNREADABLE.replace(/ \(.*/, "")}`,
      },
    ]);
  });

  test("says what of its result cannot be written", async () => {
    const fixture = await offered({ ask: () => "x" });
    const { error } = await ask(fixture, fixture.methods[0], [{}]);
    expect(error).toEqual({
      code: -32003,
      message: "a callback's result: expected a Date, received a string",
    });
  });

  test("says which of the arguments cannot be read", async () => {
    const own = vi.fn();
    const fixture = await offered({ ask: own });
    const { error } = await ask(fixture, fixture.methods[0], [wrong]);
    expect(error).toMatchObject({
      code: -32602,
      data: { param: null, path: "$[0].takenAt", received: '"x"' },
    });
    expect(own).not.toHaveBeenCalled();
  });

  test("answers with what it throws", async () => {
    const fixture = await offered({
      ask: () => {
        throw new RangeError("far");
      },
    });
    const { error } = await ask(fixture, fixture.methods[0], [{}]);
    expect(error).toMatchObject({ code: -32603, data: { type: "RangeError" } });
  });
});

test("a progress of the worker's is read; one that cannot be is told of", async () => {
  const { client, worker, session, errors } = await begin();
  const onProgress = vi.fn();
  void client.add({}, "t", { onProgress });
  const { progress: token } = (await worker.message()).params as { progress: unknown };
  worker.notify("$/progress", { token, value: { takenAt: NOON_TEXT } }, session);
  worker.notify("$/progress", { token, value: wrong }, session);
  await settle();
  expect(onProgress.mock.calls).toEqual([[{ takenAt: NOON }]]);
  expect(errors).toMatchObject([{ message: `A progress: ${UNREADABLE}` }]);
});

describe("an event", () => {
  test("is read once, and all listeners and loops have it", async () => {
    const { client, worker } = await begin();
    const [one, two] = [vi.fn(), vi.fn()];
    client.changed.on(one);
    client.changed.on(two);
    const loop = pull(client.changed);
    const item = loop.next();
    worker.notify("photos.changed", [{ takenAt: NOON_TEXT }]);
    expect(await item).toEqual({ done: false, value: { takenAt: NOON } });
    expect(one.mock.calls).toEqual([[{ takenAt: NOON }]]);
    expect(two.mock.calls).toEqual([[{ takenAt: NOON }]]);
  });

  test("is read once for two clients of a channel", async () => {
    const fixture = await begin();
    const { client } = await greetedAgain(fixture);
    const [one, two] = [vi.fn(), vi.fn()];
    fixture.client.changed.on(one);
    client.changed.on(two);
    fixture.worker.notify("photos.changed", [{ takenAt: NOON_TEXT }]);
    await settle();
    expect([...one.mock.calls, ...two.mock.calls]).toEqual([
      [{ takenAt: NOON }],
      [{ takenAt: NOON }],
    ]);
  });

  async function greetedAgain({ channel }: Greeted<Backend>) {
    const { createClient } = await import("../src/index.js");
    const descriptor = { name: "BackendAPI", contract: "c1", regenerate: "", members };
    return { client: createClient<Backend>(descriptor, channel) };
  }

  test("that cannot be read is told of once, and the next one is read", async () => {
    const { client, worker, errors } = await begin();
    const [one, two] = [vi.fn(), vi.fn()];
    client.changed.on(one);
    client.changed.on(two);
    worker.notify("photos.changed", [wrong]);
    worker.notify("photos.changed", [{ takenAt: NOON_TEXT }]);
    worker.notify("photos.changed", "nothing");
    await settle();
    expect(errors).toMatchObject([{ message: `photos.changed: ${UNREADABLE}` }]);
    for (const listener of [one, two])
      expect(listener.mock.calls).toEqual([[{ takenAt: NOON }], [undefined]]);
  });

  test("is listened to as any other: until its end, and the channel's", async () => {
    const { client, channel, worker } = await begin();
    const listener = vi.fn();
    client.changed.on(listener)();
    worker.notify("photos.changed", [{}]);
    await settle();
    expect(listener).not.toHaveBeenCalled();
    const item = pull(client.changed).next();
    channel.destroy();
    expect(await item).toEqual({ done: true, value: undefined });
  });
});

describe("an exposed method", () => {
  interface Frontend {
    pick(
      photo: Photo,
      options: { readonly since?: Date; readonly onProgress: (value: Photo) => void },
      call: IncomingCall,
    ): unknown;
    play(photos: Stream<Photo>, call: IncomingCall): unknown;
    keys(call: IncomingCall): unknown;
    watch(
      ask: (photo: Photo, title: string) => Promise<Date>,
      tell: (photo: Photo) => void,
      tidy: (photo: Photo) => Promise<void>,
      call: IncomingCall,
    ): unknown;
  }
  const exposed: Members = {
    pick: {
      method: "pick",
      params: ["photo"],
      options: ["since"],
      onProgress: "progress",
      takes: { photo: value(photo), since: value(date), progress: progressOf(photo) },
      returns: value(dict(duration)),
    },
    play: { method: "play", params: ["photos"], takes: { photos: streamOf(photo) } },
    keys: { method: "keys", params: [], returns: streamOf(photo) },
    watch: {
      method: "watch",
      params: ["ask", "tell", "tidy"],
      takes: {
        ask: callbackOf([photo], date),
        tell: noticeOf([photo]),
        tidy: procedureOf([photo]),
      },
    },
  };

  async function exposing(page: Partial<Frontend>) {
    const descriptor = { name: "FrontendAPI", contract: "c1", regenerate: "", members: exposed };
    const none = { pick: vi.fn(), play: vi.fn(), keys: vi.fn(), watch: vi.fn() };
    const fixture = connect({ expose: expose<Frontend>(descriptor, { ...none, ...page }) });
    return { ...fixture, session: await fixture.worker.greet() };
  }

  test("gets its arguments read, and has its answer written", async () => {
    const pick = vi.fn((_photo: Photo, _options: object) => ({ a: 1500 }));
    const fixture = await exposing({ pick });
    const given = { photo: { takenAt: NOON_TEXT }, since: NOON_TEXT };
    expect((await ask(fixture, "pick", given)).result).toEqual({ a: "PT1.5S" });
    expect(pick.mock.calls[0]?.slice(0, 2)).toEqual([
      { takenAt: NOON },
      { since: NOON, onProgress: expect.any(Function) as unknown },
    ]);
  });

  test("says which of its arguments cannot be read, as the worker does", async () => {
    const pick = vi.fn();
    const fixture = await exposing({ pick });
    const { error } = await ask(fixture, "pick", [wrong]);
    const expected = "a date, a time and its offset as ISO 8601 has them";
    expect(error).toEqual({
      code: -32602,
      message: `Invalid params: pick, photo.takenAt: expected ${expected}, received "x"`,
      data: { param: "photo", path: "$.takenAt", expected, received: '"x"' },
    });
    expect(pick).not.toHaveBeenCalled();
  });

  test.each([
    [() => ({ a: "x" }), 'expected a number of milliseconds, received a string (at "a")'],
    [() => ({ a: NaN }), expect.stringContaining('received NaN (at "a")')],
    [() => 5, "expected an object, received a number"],
  ])("says what of its answer cannot be written: %#", async (pick, message) => {
    const fixture = await exposing({ pick });
    const { error } = await ask(fixture, "pick", [{}]);
    expect(error?.code).toBe(-32003);
    expect(error?.message.replace("pick's result: ", "")).toEqual(message);
  });

  test("reports progress, written; what cannot be is refused", async () => {
    const refused: unknown[] = [];
    const fixture = await exposing({
      pick: (_photo, { onProgress }) => {
        onProgress({ takenAt: NOON });
        for (const bad of [wrong, { takenAt: NOON, title: "\ud800" }])
          try {
            onProgress(bad);
          } catch (thrown) {
            refused.push(thrown);
          }
      },
    });
    const { worker, session } = fixture;
    worker.ask(`${session}:p`, "pick", { photo: {}, progress: 7 });
    expect((await worker.message()).params).toEqual({ token: 7, value: { takenAt: NOON_TEXT } });
    expect(refused).toEqual([
      new TypeError(`onProgress: ${NOT_A_DATE}`),
      new TypeError('$/progress: JSON cannot hold a lone surrogate (at "title" in its arguments)'),
    ]);
  });

  test("reads a stream of the worker's, converted", async () => {
    const fixture = await exposing({ play: (photos) => photos.toArray().then(() => null) });
    const given = { photos: { values: [{ takenAt: NOON_TEXT }, wrong] } };
    const { error } = await ask(fixture, "play", given);
    expect(error?.message).toBe(`Internal error: TypeError: Item 1 of the stream: ${UNREADABLE}`);
  });

  test("answers with a stream, converted", async () => {
    const fixture = await exposing({
      keys: async function* () {
        yield { takenAt: NOON };
        yield wrong;
      },
    });
    const { token, values } = (await ask(fixture, "keys", [])).result as Record<string, unknown>;
    expect(values).toEqual([{ takenAt: NOON_TEXT }]);
    const { error } = await ask(fixture, "$/enumerator/next", { token });
    expect(error).toEqual({ code: -32003, message: `Item 1 of the stream: ${NOT_A_DATE}` });
  });

  test.each([
    ["a list", [{ takenAt: NOON }], { result: { values: [{ takenAt: NOON_TEXT }] } }],
    ["a wrong one", [wrong], { error: { code: -32003 } }],
  ])("answers with %s, converted", async (_name, items, answer) => {
    const fixture = await exposing({ keys: () => items });
    expect(await ask(fixture, "keys", [])).toMatchObject(answer);
  });

  test("calls the worker's functions, converted", async () => {
    const outcomes: unknown[] = [];
    const fixture = await exposing({
      watch: async (one, tell, tidy) => {
        tell({ takenAt: NOON });
        outcomes.push(await one({ takenAt: NOON }, "t"));
        outcomes.push(await tidy({ takenAt: NOON }));
        outcomes.push(await failure(one(wrong, "t")), await failure(tidy(wrong)));
        expect(() => tell(wrong)).toThrow(TypeError);
        outcomes.push(await failure(one({}, "t")));
        return null;
      },
    });
    const { worker, session } = fixture;
    const handles = [1, 2, 3].map((handle) => ({ __jsonrpc_marshaled: 1, handle }));
    worker.ask(`${session}:w`, "watch", handles);
    const told = await worker.message();
    expect(gist(told)).toEqual({
      method: "$/invokeProxy/2/invoke",
      params: [{ takenAt: NOON_TEXT }],
    });
    const asked = await worker.message();
    expect(asked.params).toEqual([{ takenAt: NOON_TEXT }, "t"]);
    worker.answer(asked.id, NOON_TEXT);
    const tidied = await worker.message();
    expect(gist(tidied)).toEqual({
      method: "$/invokeProxy/3/invoke",
      params: [{ takenAt: NOON_TEXT }],
    });
    worker.answer(tidied.id, null);
    const again = await worker.message();
    expect(again.params).toEqual([{}, "t"]); // The wrong ones were not sent.
    worker.answer(again.id, "x");
    expect(await worker.message()).toMatchObject({ id: `${session}:w`, result: null });
    const args = 'a callback\'s arguments: expected a Date, received a string (at "0.takenAt")';
    expect(outcomes).toEqual([
      NOON,
      null,
      new TypeError(args),
      new TypeError(args),
      new TypeError(`a callback's answer: ${UNREADABLE.replace(/ \(.*/, "")}`),
    ]);
  });
});
