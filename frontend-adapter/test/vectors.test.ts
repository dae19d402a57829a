/** The client's side of the wire vectors: it is called as a user would, and says what they say. */

import { describe, expect, test } from "vitest";
import {
  SessionEnded,
  callback,
  createClient,
  event,
  expose,
  notice,
  progress,
  stream,
} from "../src/index.js";
import type {
  CallOptions,
  Channel,
  ChannelOptions,
  Descriptor,
  EventFeed,
  IncomingCall,
  LogRecord,
  Stream,
} from "../src/index.js";
import { HELLO, connect, failure, settle } from "./fake-worker.js";
import { Names, clientVectors } from "./vectors.js";
import type { Entry, Vector } from "./vectors.js";

interface Reference {
  subtract(minuend: number, subtrahend: number, options?: CallOptions): Promise<number>;
  nothing(options?: CallOptions): Promise<null>;
  wait(options?: CallOptions): Promise<null>;
  count(to: number, options?: CallOptions): Stream<number>;
  countThenFail(to: number, options?: CallOptions): Stream<number>;
  countThenWait(to: number, options?: CallOptions): Stream<number>;
  total(numbers: AsyncIterable<number> | Iterable<number>): Promise<number>;
  first(numbers: AsyncIterable<number> | Iterable<number>): Promise<number>;
  work(steps: number, options?: { onProgress?: (value: number) => void }): Promise<number>;
  askAll(names: string[], ask: (name: string) => boolean | Promise<boolean>): Promise<number>;
  tellAll(names: string[], tell: (name: string) => void): Promise<null>;
  askFrontend(question: string, options?: CallOptions): Promise<boolean>;
  change(value: string, options?: { here?: boolean }): Promise<null>;
  log(text: string): Promise<null>;
  warn(text: string): Promise<null>;
  readonly changed: EventFeed<string>;
}

const reference: Descriptor<Reference> = {
  name: "Reference",
  contract: "c1",
  regenerate: "",
  members: {
    subtract: { method: "subtract", params: ["minuend", "subtrahend"] },
    nothing: { method: "nothing", params: [] },
    wait: { method: "wait", params: [] },
    count: { method: "count", params: ["to"], returns: stream },
    countThenFail: { method: "countThenFail", params: ["to"], returns: stream },
    countThenWait: { method: "countThenWait", params: ["to"], returns: stream },
    total: { method: "total", params: ["numbers"], takes: { numbers: stream } },
    first: { method: "first", params: ["numbers"], takes: { numbers: stream } },
    work: { method: "work", params: ["steps"], onProgress: "progress", takes: { progress } },
    askAll: { method: "askAll", params: ["names", "ask"], takes: { ask: callback } },
    tellAll: { method: "tellAll", params: ["names", "tell"], takes: { tell: notice } },
    askFrontend: { method: "askFrontend", params: ["question"] },
    change: { method: "change", params: ["value"], options: ["here"] },
    log: { method: "log", params: ["text"] },
    warn: { method: "warn", params: ["text"] },
    changed: event("changed"),
  },
};

interface Frontend {
  confirm(question: string, call: IncomingCall): boolean | Promise<boolean>;
}

const frontend: Descriptor<Frontend> = {
  name: "ReferenceFrontend",
  contract: "c1",
  regenerate: "",
  members: { confirm: { method: "confirm", params: ["question"] } },
};

/** What the program around the client sees of a dialogue. */
interface Play {
  readonly client: Reference;
  readonly channel: Channel;
  readonly errors: readonly Error[];
  readonly controller: AbortController;
  readonly logged: readonly LogRecord[];
  /** Resolves when the dialogue has come to this step. */
  at(step: string): Promise<void>;
  /** Resolves when all is said. */
  readonly end: Promise<void>;
}

async function* numbers(...values: number[]): AsyncGenerator<number> {
  for (const value of values) yield value;
}

/** What a program does in each vector, and what it gets. */
const programs: Record<string, (play: Play) => Promise<void>> = {
  "cancel-won": cancelWait,
  async "cancel-lost"({ client, at, controller }) {
    const call = failure(client.subtract(5, 3, { signal: controller.signal }));
    await at("abort");
    controller.abort();
    expect(await call).toBe(controller.signal.reason);
    expect(await client.nothing()).toBe(null);
  },
  async deadline({ client }) {
    const error = await failure(client.wait({ timeoutMs: 20 }));
    expect(error).toMatchObject({ name: "TimeoutError" });
    expect(error).toBeInstanceOf(DOMException);
  },

  async "stream-to-client"({ client }) {
    expect(await client.count(4).toArray()).toEqual([0, 1, 2, 3]);
  },
  async "stream-empty"({ client }) {
    expect(await client.count(0).toArray()).toEqual([]);
  },
  async "stream-token-null"({ client }) {
    expect(await client.count(2).toArray()).toEqual([0, 1]);
  },
  async "stream-fails"({ client }) {
    const items: number[] = [];
    const read = async (): Promise<void> => {
      for await (const item of client.countThenFail(2)) items.push(item);
    };
    expect(await failure(read())).toMatchObject({ code: -32000, message: "not today" });
    expect(items).toEqual([0, 1]);
  },
  async "stream-left-early"({ client, at }) {
    for await (const item of client.count(1000)) {
      expect(item).toBe(0);
      await at("leave");
      break;
    }
    await at("call");
    expect(await client.nothing()).toBe(null);
  },
  async "stream-aborted-while-waiting"({ client, at, controller }) {
    const items = client.countThenWait(1, { signal: controller.signal })[Symbol.asyncIterator]();
    expect(await items.next()).toEqual({ done: false, value: 0 });
    const next = failure(items.next());
    await at("abort");
    controller.abort();
    expect(await next).toBe(controller.signal.reason);
  },
  async "stream-deadline"({ client }) {
    const items = client.countThenWait(1, { timeoutMs: 50 })[Symbol.asyncIterator]();
    expect(await items.next()).toEqual({ done: false, value: 0 });
    expect(await failure(items.next())).toMatchObject({ name: "TimeoutError" });
  },
  async "stream-cancel-crossed"({ client, at, controller }) {
    const items = client.countThenWait(1, { signal: controller.signal })[Symbol.asyncIterator]();
    const first = failure(items.next());
    await at("abort");
    controller.abort();
    expect(await first).toBe(controller.signal.reason);
    await at("call");
    expect(await client.nothing()).toBe(null);
  },
  async "stream-from-client"({ client }) {
    expect(await client.total(numbers(1, 2, 3))).toBe(6);
  },
  async "stream-from-client-whole"({ client }) {
    expect(await client.total([1, 2, 3])).toBe(6);
    expect(await client.total(new Set())).toBe(0);
  },
  async "stream-from-client-fails"({ client }) {
    async function* failing(): AsyncGenerator<number> {
      yield 1;
      throw new Error("no more");
    }
    expect(await failure(client.total(failing()))).toMatchObject({ code: -32603 });
  },
  async "stream-from-client-left"({ client }) {
    let left = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (let n = 1; ; n++) yield n;
      } finally {
        left = true;
      }
    }
    expect(await client.first(endless())).toBe(1);
    expect(left).toBe(true);
  },

  async progress({ client }) {
    const values: number[] = [];
    expect(await client.work(2, { onProgress: (value) => values.push(value) })).toBe(2);
    expect(values).toEqual([1, 2]);
  },
  async callback({ client }) {
    expect(await client.askAll(["a", "b"], (name) => name === "a")).toBe(1);
  },
  async "callback-one-way"({ client }) {
    const told: string[] = [];
    expect(await client.tellAll(["a", "b"], (name) => void told.push(name))).toBe(null);
    expect(told).toEqual(["a", "b"]);
  },
  async "callback-fails"({ client }) {
    const ask = (): Promise<boolean> => Promise.reject(new Error("no"));
    expect(await failure(client.askAll(["a"], ask))).toMatchObject({ code: -32603 });
  },
  async "callback-after-its-call"({ client, end }) {
    const asked: string[] = [];
    expect(await client.askAll(["a"], (name) => asked.push(name) > 0)).toBe(1);
    await end;
    expect(asked).toEqual(["a"]);
  },

  async "call-back"({ client }) {
    expect(await client.askFrontend("sure?")).toBe(true);
  },
  async "call-back-not-offered"({ client }) {
    expect(await failure(client.askFrontend("sure?"))).toMatchObject({ code: -32603 });
  },
  async "call-back-with-deadline"({ client }) {
    expect(await client.askFrontend("sure?", { timeoutMs: 60_000 })).toBe(true);
  },
  async "session-lost"({ client, at }) {
    const wait = failure(client.wait());
    await at("call");
    expect(await failure(client.nothing())).toBeInstanceOf(SessionEnded);
    expect(await wait).toBeInstanceOf(SessionEnded);
    await at("call again");
    expect(await client.nothing()).toBe(null);
  },
  async "worker-replaced"({ client, end }) {
    const changes: string[] = [];
    client.changed.on((value) => changes.push(value));
    expect(await failure(client.wait())).toBeInstanceOf(Error);
    await end;
    expect(changes).toEqual(["kept"]);
  },
  async "foreign-lines"({ client }) {
    const values: number[] = [];
    expect(await client.work(1, { onProgress: (value) => values.push(value) })).toBe(1);
    expect(values).toEqual([]);
  },
  async event({ client }) {
    const changes: string[] = [];
    client.changed.on((value) => changes.push(value));
    await client.change("a");
    await client.change("b", { here: true });
    expect(changes).toEqual(["a", "b"]);
  },
  async log({ client, logged, end }) {
    await client.log("too little");
    await client.warn("enough");
    await end;
    expect(logged).toEqual([{ level: "warning", logger: "reference", message: "enough" }]);
  },
};

async function cancelWait({ client, at, controller }: Play): Promise<void> {
  const call = failure(client.wait({ signal: controller.signal }));
  await at("abort");
  controller.abort();
  expect(await call).toBe(controller.signal.reason);
}

const dialogues = clientVectors();

test("each of the client's vectors has its program", () => {
  expect([...dialogues.keys()].sort()).toEqual(Object.keys(programs).sort());
});

describe("the client says what it does in the vector", () => {
  test.each([...dialogues])("%s", async (name, vector) => {
    const names = new Names(vector.chosen);
    const logged: LogRecord[] = [];
    const { channel, worker, errors } = connect(optionsOf(name, vector, logged));
    const said = async (expected: unknown): Promise<void> => {
      const line = await worker.line();
      const received: unknown = JSON.parse(line);
      expect(JSON.stringify(received)).toBe(line);
      expect(JSON.stringify(names.named(expected, received))).toBe(JSON.stringify(expected));
    };
    await said({
      jsonrpc: "2.0",
      id: "$S:0",
      method: "system.hello",
      params: { session: "$S", ...vector.hello },
    });
    worker.say(names.fill({ jsonrpc: "2.0", id: "$S:0", result: HELLO }));

    const steps = new Map<string, () => void>();
    const at = (step: string): Promise<void> => new Promise((done) => steps.set(step, done));
    const controller = new AbortController();
    let finish = (): void => undefined;
    const end = new Promise<void>((resolve) => (finish = resolve));
    const client = createClient(reference, channel);
    const program = programs[name]?.({ client, channel, errors, controller, logged, at, end });

    for (const entry of vector.dialogue) await play(entry);
    await settle();
    finish();
    await program;
    expect(worker.unread).toEqual([]);
    expect(errors).toEqual([]);

    async function play(entry: Entry): Promise<void> {
      if ("do" in entry) {
        await settle();
        steps.get(entry.do)?.();
        return settle();
      }
      const lines = "lines" in entry ? entry.lines : [entry.line];
      if (entry.from === "worker") worker.say(...lines.map((line) => names.fill(line)));
      else for (const line of lines) await said(line);
    }
  });
});

/** What the client's program has set up before. */
function optionsOf(name: string, { hello }: Vector, logged: LogRecord[]): ChannelOptions {
  const exposed =
    name === "call-back-not-offered" ? [] : [expose(frontend, { confirm: () => true })];
  const log = (hello as { log?: "warning" } | undefined)?.log;
  return { expose: exposed, ...(log && { log, onLog: (record) => logged.push(record) }) };
}
