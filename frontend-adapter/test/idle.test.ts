/** What a channel holds when nothing is under way: nothing of the calls that are over. */

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { callback, event, expose, notice, progress, stream } from "../src/index.js";
import type { EventFeed, Stream } from "../src/index.js";
import { HELLO, failure, settle } from "./fake-worker.js";
import { ask, greeted } from "./greeted.js";
import type { Greeted } from "./greeted.js";

interface Options {
  readonly onProgress?: (value: unknown) => void;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

interface Backend {
  work(ask: unknown, tell: unknown, items: unknown, options?: Options): Promise<unknown>;
  list(ask: unknown, tell: unknown, items: unknown, options?: Options): Stream<unknown>;
  readonly changed: EventFeed<unknown>;
}

const params = ["ask", "tell", "items"];
const takes = { ask: callback, tell: notice, items: stream, done: progress };
const members = {
  work: { method: "work", params, takes, onProgress: "done" },
  list: { method: "list", params, takes, onProgress: "done", returns: stream },
  changed: event("changed"),
};

/** Not in the library that templates have. */
declare const WeakRef: new <T extends object>(target: T) => { deref(): T | undefined };

/** Made for one call and reachable by nobody else, unless the channel holds it. */
function given(): { args: [unknown, unknown, unknown]; onProgress: () => void } {
  return { args: [() => 1, () => 2, (async function* () {})()], onProgress: () => undefined };
}

type Ending = (fixture: Greeted<Backend>, id: unknown, outcome: Promise<unknown>) => unknown;

const endings: [name: string, end: Ending][] = [
  ["its answer", ({ worker }, id) => worker.answer(id, {})],
  ["an error", ({ worker }, id) => worker.refuse(id, 7, "no")],
  ["an answer that is none", ({ worker }, id) => worker.answer(id, 5)],
  ["a worker's deadline", ({ worker }, id) => worker.refuse(id, -32050, "late")],
  ["the loss of the session", ({ worker }, id) => worker.refuse(id, -32002, "gone")],
  ["a new worker", ({ worker }) => worker.notify("$/ready", { ...HELLO, instance: "i2" })],
  ["a closed connection", ({ worker }) => worker.close()],
];

/** On the channel's own, which lives on, as does the signal. */
async function held(
  end: Ending,
  begin: (client: Backend, made: ReturnType<typeof given>, signal: AbortSignal) => Promise<unknown>,
) {
  const { signal } = new AbortController();
  const fixture = await greeted<Backend>(members);
  const refs = await (async () => {
    const made = given();
    const outcome = begin(fixture.client, made, signal).catch(() => undefined);
    const { id } = await fixture.worker.message();
    await end(fixture, id, outcome);
    await outcome;
    return [...made.args, made.onProgress].map((object) => new WeakRef(object as object));
  })();
  await settle();
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const alive = refs.map((ref) => ref.deref());
  expect(signal.aborted).toBe(false); // It is alive as well.
  expect(fixture.channel.state).toBeDefined();
  return alive;
}

const NOTHING = [undefined, undefined, undefined, undefined];

test.each(endings)("a call that ended by %s is not held", async (_name, end) => {
  const alive = await held(end, (client, { args, onProgress }, signal) =>
    client.work(...args, { onProgress, signal, timeoutMs: 2 ** 30 }),
  );
  expect(alive).toEqual(NOTHING);
});

test.each(endings)("nor is the call of a stream, by %s", async (_name, end) => {
  const alive = await held(end, (client, { args, onProgress }, signal) =>
    client.list(...args, { onProgress, signal, timeoutMs: 2 ** 30 }).toArray(),
  );
  expect(alive).toEqual(NOTHING);
});

test("nor are those that were never sent", async () => {
  const { signal } = new AbortController();
  const fixture = await greeted<Backend>(members);
  const refs = await (async () => {
    const all = [given(), given(), given()] as const;
    const [one, two, three] = all;
    const broken = { signal, timeoutMs: -1 };
    expect(await failure(fixture.client.work(...one.args, broken))).toBeInstanceOf(TypeError);
    expect(await failure(fixture.client.list(...two.args, broken).toArray())).toBeInstanceOf(
      TypeError,
    );
    const [, , items] = three.args;
    expect(await failure(fixture.client.work(NaN, three.args[0], items))).toBeInstanceOf(TypeError);
    return all.flatMap(({ args }) => args.map((object) => new WeakRef(object as object)));
  })();
  await settle();
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  expect(refs.map((ref) => ref.deref())).toEqual(refs.map(() => undefined));
  expect(signal.aborted).toBe(false);
  expect(fixture.worker.unread).toEqual([]);
});

test("nor is what a function of the page's was given, nor a listener that has left", async () => {
  const seen: unknown[] = [];
  const page = expose<{ work: (...args: unknown[]) => unknown }>(
    { name: "F", contract: "c1", regenerate: "", members: { work: { ...members.work } } },
    {
      work: (...args) => {
        seen.push(...args.slice(0, 3).map((arg) => new WeakRef(arg as object)));
        seen.push(new WeakRef((args[4] as { signal: AbortSignal }).signal));
      },
    },
  );
  const fixture = await greeted<Backend>(members, { expose: page });
  const handle = { __jsonrpc_marshaled: 1, handle: 5, lifetime: "call" };
  await ask(fixture, "work", { ask: handle, tell: handle, items: { token: 1 }, done: 2 });
  const listener = (() => {
    const heard = (): void => undefined;
    fixture.client.changed.on(heard)();
    return new WeakRef(heard);
  })();
  await settle();
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  const alive = (seen as { deref(): unknown }[]).map((ref) => ref.deref());
  expect(alive).toEqual(NOTHING);
  expect(listener.deref()).toBeUndefined();
  expect(fixture.channel.state).toBe("ready");
});
