/**
 * The page: `node page.mjs PYTHON GIVEN CAME`. It sends back each value that it gets, after a look at
 * whether it is what its type says.
 *
 * A line of its stdin names a case, and its answer is a line of stdout: what went wrong, by way.
 */

import { createInterface } from "node:readline";
import { bad } from "./bad.js";
import { cases, records } from "./cases.js";
import { offered } from "./rpc/offered.js";
import { roundTrip } from "./rpc/round-trip.js";
import { createChannel, createClient } from "./rpc/runtime/index.js";
import type { EventFeed, Stream } from "./rpc/runtime/index.js";
import { NodeProcessIo } from "./rpc/runtime/io/node.js";
import { Shapes } from "./shapes.js";

/** A namespace of the worker's, whatever its type. */
interface Trips {
  give(index: number): Promise<unknown>;
  fail(index: number): Promise<never>;
  take(way: string, index: number, value: unknown): Promise<void>;
  keep(way: string, index: number, options?: { value: unknown }): Promise<void>;
  items(): Stream<unknown>;
  collect(way: string, items: AsyncIterable<unknown> | Iterable<unknown>): Promise<void>;
  ask(index: number, ask: (index: number, value: unknown) => unknown): Promise<void>;
  tell(tell: (index: number, value: unknown) => void): Promise<void>;
  report(index: number, options: { onProgress: (value: unknown) => void }): Promise<void>;
  emit(index: number): Promise<void>;
  readonly happened: EventFeed<unknown>;
}

/** Returns a value that is as its type says; throws what it is else. */
type Look = (value: unknown) => unknown;

type Way = (trips: Trips, count: number, look: Look) => Promise<void>;

const [python = "", given = "", came = ""] = process.argv.slice(2);

/** What belongs to no call: nothing should. */
const strays: Error[] = [];

/** How what the page offers looks at what it gets: as the case does that travels. */
let lookNow: Look = (value) => value;

const WAYS: Readonly<Record<string, Way>> = {
  result: each(async (trips, index, look) => {
    await trips.take("result", index, look(await trips.give(index)));
  }),
  option: each(async (trips, index, look) => {
    await trips.keep("option", index, { value: look(await trips.give(index)) });
  }),
  stream: (trips, _count, look) => trips.collect("stream", looked(trips.items(), look)),
  // A list is sent with the call, and not on demand.
  list: async (trips, _count, look) =>
    trips.collect("list", (await trips.items().toArray()).map(look)),
  callback: each((trips, index, look) => trips.ask(index, (_index, value) => look(value))),
  notice: async (trips, _count, look) => {
    const told: [number, unknown][] = [];
    await trips.tell((index, value) => told.push([index, look(value)]));
    await Promise.all(told.map(([index, value]) => trips.take("notice", index, value)));
  },
  progress: each(async (trips, index, look) => {
    const reports: unknown[] = [];
    await trips.report(index, { onProgress: (value) => reports.push(look(value)) });
    for (const value of reports) await trips.take("progress", index, value);
  }),
  event: async (trips, count, look) => {
    for (let index = 0; index < count; index++) {
      const events: unknown[] = [];
      const off = trips.happened.on((value) => events.push(look(value)));
      await trips.emit(index).finally(off);
      for (const value of events) await trips.take("event", index, value);
    }
  },
  error: each(async (trips, index, look) => {
    const thrown: unknown = await trips.fail(index).catch((error: unknown) => error);
    await trips.take("error", index, look((thrown as { data: { value: unknown } }).data.value));
  }),
  "page's result": () => worker.visit("page's result"),
  "page's stream": () => worker.visit("page's stream"),
  "page's error": () => worker.visit("page's error"),
};

function each(way: (trips: Trips, index: number, look: Look) => Promise<void>): Way {
  return async (trips, count, look) => {
    await Promise.all(Array.from({ length: count }, (_, index) => way(trips, index, look)));
  };
}

async function* looked(values: AsyncIterable<unknown>, look: Look): AsyncIterable<unknown> {
  for await (const value of values) yield look(value);
}

/** What the page offers for each case. */
const implementation = Object.fromEntries(
  Object.entries(cases).map(([name, { failed }]) => [
    name,
    {
      echo: (value: unknown, options: { option: unknown }) => [
        lookNow(value),
        lookNow(options.option),
      ],
      again: (items: AsyncIterable<unknown>) => looked(items, lookNow),
      fail: (value: unknown): never => {
        throw new failed({ value: lookNow(value) });
      },
    },
  ]),
);

class CountingIo extends NodeProcessIo {
  writes = 0;

  override write(chunk: string): void | Promise<void> {
    this.writes += 1;
    return super.write(chunk);
  }
}

const io = new CountingIo(python, ["-m", "tests.roundtrip.worker", given, came]);
const channel = createChannel(io, {
  expose: offered(implementation as unknown as Parameters<typeof offered>[0]),
  onError: (error) => strays.push(error),
});
const worker = createClient(roundTrip, channel);

function tripsOf(name: string): Trips {
  return (worker as unknown as Record<string, Trips>)[name] as Trips;
}

async function travel(name: string): Promise<Record<string, string>> {
  const shapes = new Shapes(records);
  const { shape } = cases[name] as (typeof cases)[string];
  lookNow = (value): unknown => {
    const misfit = shapes.misfit(shape, value);
    if (misfit === undefined) return value;
    throw new TypeError(misfit);
  };
  const count = await worker.load();
  const failures: Record<string, string> = {};
  for (const [way, go] of Object.entries(WAYS)) {
    try {
      await go(tripsOf(name), count, lookNow);
    } catch (error) {
      failures[way] = String(error);
    }
    const stray = strays.splice(0).map(String);
    if (stray.length > 0) failures[`${way}, on the way`] = stray.join("; ");
  }
  await worker.unload();
  return failures;
}

/** Sends a value that must not be sent; tells what came of it, and how often anything was written. */
async function refuse(what: string, way: string): Promise<unknown> {
  const { name, value } = bad[what] as (typeof bad)[string];
  const trips = tripsOf(name);
  lookNow = (): unknown => value;
  await worker.load();
  const before = io.writes;
  const refused = await (WAYS_TO_WORKER[way] as WayToWorker)(trips, value).then(
    () => null,
    (error: unknown) => String(error),
  );
  const writes = io.writes - before;
  await worker.unload();
  return { refused, writes, strays: strays.splice(0).map(String) };
}

type WayToWorker = (trips: Trips, value: unknown) => Promise<void>;

const WAYS_TO_WORKER: Readonly<Record<string, WayToWorker>> = {
  parameter: (trips, value) => trips.take("parameter", 0, value),
  option: (trips, value) => trips.keep("option", 0, { value }),
  list: (trips, value) => trips.collect("list", [value]),
  stream: (trips, value) => trips.collect("stream", yielded(value)),
  callback: (trips, value) => trips.ask(0, () => value),
  "page's result": () => worker.visit("page's result"),
  "page's stream": () => worker.visit("page's stream"),
  "page's error": () => worker.visit("page's error"),
};

async function* yielded(value: unknown): AsyncIterable<unknown> {
  yield value;
}

/** Leaves the option out. */
async function leaveOut(name: string): Promise<unknown> {
  await worker.load();
  await tripsOf(name).keep("left out", 0);
  await worker.unload();
  return {};
}

interface Command {
  readonly travel?: string;
  readonly leaveOut?: string;
  readonly refuse?: readonly [what: string, way: string];
}

function obey(command: Command): Promise<unknown> {
  if (command.refuse) return refuse(...command.refuse);
  if (command.leaveOut) return leaveOut(command.leaveOut);
  return travel(command.travel ?? "");
}

for await (const line of createInterface(process.stdin)) {
  console.log(JSON.stringify(await obey(JSON.parse(line) as Command)));
}
channel.destroy();
await io.exited;
