import { afterEach, describe, expect, test, vi } from "vitest";
import {
  ChannelClosed,
  RpcError,
  SessionEnded,
  WorkerStartError,
  batch,
  createChannel,
  createClient,
} from "../src/index.js";
import type { CloseReason, Descriptor, Params, Receiver, Transport } from "../src/index.js";
import { linkOf } from "../src/link.js";
import { HELLO, connect, failure, settle } from "./fake-worker.js";
import type { Fixture } from "./fake-worker.js";
import { vectors } from "./vectors.js";

/** A transport in which a test says what happens, in any state. */
class Scripted implements Transport {
  receiver: Receiver | undefined;
  readonly log: string[] = [];
  open(receiver: Receiver): void | Promise<void> {
    this.receiver = receiver;
  }
  write(chunk: string): void | Promise<void> {
    this.log.push(chunk);
  }
  close(): void {
    this.log.push("closed");
  }
}

describe("calls", () => {
  interface Case {
    readonly name: string;
    readonly method: string;
    readonly params?: Params;
    readonly request: string;
    readonly response: string;
    readonly result?: unknown;
    readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  }
  const { cases } = vectors<{ cases: Case[] }>("calls");

  test.each(cases)(
    "as in the vectors: $name",
    async ({ method, params, request, response, result, error }) => {
      const { channel, worker } = connect();
      const session = await worker.greet();
      const call = channel.call(method, params);
      expect(await worker.line()).toBe(request.replace('"S:', `"${session}:`));
      worker.say(response.replace('"S:', `"${session}:`));
      if (!error) return expect(await call).toEqual(result);
      const thrown = await failure(call);
      expect(thrown).toBeInstanceOf(RpcError);
      expect(thrown).toMatchObject({ ...error, data: error.data });
    },
  );

  test("wait until the worker has answered hello, and go out in order, in one chunk", async () => {
    const { channel, worker } = connect();
    const calls = Promise.all([channel.call("a"), channel.call("b")]);
    expect(channel.state).toBe("connecting");
    const session = await worker.greet();
    expect(await worker.message()).toEqual({ jsonrpc: "2.0", id: `${session}:1`, method: "a" });
    expect(await worker.message()).toEqual({ jsonrpc: "2.0", id: `${session}:2`, method: "b" });
    expect(worker.chunks).toHaveLength(2);
    expect(channel.state).toBe("ready");
    worker.answer(`${session}:2`, "B");
    worker.answer(`${session}:1`, "A");
    expect(await calls).toEqual(["A", "B"]);
  });

  test("of one turn go out as one chunk", async () => {
    const { channel, worker } = connect();
    await worker.greet();
    for (const method of ["a", "b", "c"]) void channel.call(method);
    await settle();
    expect(worker.chunks[1]?.split("\n")).toHaveLength(4);
  });

  test("are encoded when they are made", async () => {
    const { channel, worker } = connect();
    const list = [1];
    void channel.call("a", [list]);
    list.push(2);
    await worker.greet();
    expect(await worker.message()).toMatchObject({ params: [[1]] });
  });

  test("that JSON cannot hold reject, and disturb nobody", async () => {
    const { channel, worker } = connect();
    expect(await failure(channel.call("a", [NaN]))).toBeInstanceOf(TypeError);
    await worker.greet();
    await settle();
    expect(worker.unread).toEqual([]);
  });
});

describe("batches", () => {
  test("are one array; the answers come as an array, in any order", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    const both = batch(
      channel,
      () => [channel.call("a"), batch(channel, () => channel.call("b", [1]))] as const,
    );
    expect(JSON.parse(await worker.line())).toEqual([
      { jsonrpc: "2.0", id: `${session}:1`, method: "a" },
      { jsonrpc: "2.0", id: `${session}:2`, method: "b", params: [1] },
    ]);
    worker.say([
      { jsonrpc: "2.0", id: `${session}:2`, error: { code: 7, message: "no" } },
      { jsonrpc: "2.0", id: `${session}:1`, result: "A" },
    ]);
    expect(await both[0]).toBe("A");
    expect(await failure(both[1])).toMatchObject({ code: 7 });
  });

  test("without a call send nothing", async () => {
    const { channel, worker } = connect();
    await worker.greet();
    expect(batch(channel, () => 3)).toBe(3);
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("send what was called before something was thrown", async () => {
    const { channel, worker } = connect();
    await worker.greet();
    expect(() =>
      batch(channel, () => {
        void channel.call("a");
        throw new Error("mine");
      }),
    ).toThrow("mine");
    expect(JSON.parse(await worker.line())).toMatchObject([{ method: "a" }]);
    void channel.call("b");
    expect(await worker.message()).toMatchObject({ method: "b" });
  });

  test.each([
    ["too many calls", { batchEntries: 1 }],
    ["too many bytes", { messageBytes: 100 }],
  ])(
    "of %s for this worker go singly: it would refuse them without their ids",
    async (_name, limits) => {
      const { channel, worker } = connect();
      await worker.greet({ ...HELLO, limits });
      batch(channel, () => void [channel.call("a"), channel.call("b")]);
      expect(await worker.message()).toMatchObject({ method: "a" });
      expect(await worker.message()).toMatchObject({ method: "b" });
    },
  );

  test("that go singly share no answer: one that cannot be read fails its own call", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet({ ...HELLO, limits: { batchEntries: 1 } });
    const [a, b] = batch(channel, () => [channel.call("a"), channel.call("b")] as const);
    worker.say(
      `{"jsonrpc":"2.0","id":"${session}:1","result":[1,`,
      `{"jsonrpc":"2.0","id":"${session}:2","result":"B"}`,
    );
    expect(await failure(a)).toMatchObject({ code: -32700 });
    expect(await b).toBe("B");
  });

  test("inside which the channel is destroyed reject", async () => {
    const { channel, worker } = connect();
    await worker.greet();
    const call = batch(channel, () => {
      const made = channel.call("a");
      channel.destroy();
      return made;
    });
    expect(await failure(call)).toBeInstanceOf(ChannelClosed);
  });
});

describe("hello", () => {
  test("comes first, with a random session and the window", async () => {
    const { worker } = connect({ window: "main" });
    const line = await worker.line();
    const { session } = (JSON.parse(line) as { params: { session: string } }).params;
    expect(session).toMatch(/^[A-Za-z0-9_-]{10}$/);
    expect(line).toBe(
      `{"jsonrpc":"2.0","id":"${session}:0","method":"system.hello","params":{"session":"${session}","window":"main"}}`,
    );
  });

  test("no two channels of a page have one window's name, until one is destroyed", async () => {
    const windowOf = async ({ worker }: Fixture): Promise<unknown> =>
      ((await worker.message()).params as { window: unknown }).window;
    const fixtures = [connect({ window: "w" }), connect({ window: "w" }), connect({ window: "w" })];
    expect(await Promise.all(fixtures.map(windowOf))).toEqual(["w", "w#2", "w#3"]);
    fixtures[1]?.channel.destroy();
    expect(await windowOf(connect({ window: "w" }))).toBe("w#2");
    vi.resetModules();
    const copy = await import("../src/index.js");
    const io = new Scripted();
    copy.createChannel(io, { window: "w" });
    await settle();
    expect(io.log[0]).toContain('"window":"w#4"');
  });

  test("tells the window that the transport knows, unless the user names it", async () => {
    const windows = [];
    for (const options of [{}, { window: "mine" }]) {
      const io = Object.assign(new Scripted(), { window: "label" });
      createChannel(io, options).destroy();
      const open = Object.assign(new Scripted(), { window: "label" });
      createChannel(open, options);
      await settle();
      windows.push(/"window":"(.*?)"/.exec(open.log[0] ?? "")?.[1]);
    }
    expect(windows).toEqual(["label", "mine"]);
  });

  test("is repeated at $/ready, with the same session; answers to both change nothing", async () => {
    const { channel, worker } = connect();
    const call = channel.call("a");
    const first = await worker.message();
    worker.say({ jsonrpc: "2.0", method: "$/ready", params: HELLO });
    const second = await worker.message();
    expect(second).toEqual(first);
    worker.answer(first.id, HELLO);
    worker.answer(first.id, HELLO);
    const { id } = await worker.message();
    worker.answer(id, 1);
    expect(await call).toBe(1);
    expect(worker.unread).toEqual([]);
  });

  test("is not repeated at a $/ready of the instance that has answered", async () => {
    const { worker } = connect();
    await worker.greet();
    worker.say({ jsonrpc: "2.0", method: "$/ready", params: HELLO });
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("whose answer cannot be read fails the calls, until a worker is ready", async () => {
    const { channel, worker } = connect();
    const call = channel.call("a");
    const { id } = await worker.message();
    worker.say(`{"jsonrpc":"2.0","id":"${String(id)}","result":{"instance":`);
    expect(await failure(call)).toMatchObject({ code: -32700 });
    expect(await failure(channel.call("a"))).toBeInstanceOf(RpcError);
    worker.say({ jsonrpc: "2.0", method: "$/ready", params: HELLO });
    await worker.greet();
    await expect.poll(() => channel.state).toBe("ready");
  });

  test.each([
    ["refused", '"error":{"code":-32009,"message":"busy"}}', "system.hello was refused: busy"],
    ["answered by what cannot be read", '"result":', "is not JSON"],
  ])("that was repeated and is %s harms no channel", async (_name, answer, message) => {
    const { channel, worker, errors } = connect();
    const session = await worker.greet();
    const call = channel.call("a");
    await worker.line();
    worker.say(`{"jsonrpc":"2.0","id":"${session}:0",${answer}`);
    worker.answer(`${session}:1`, 1);
    expect(await call).toBe(1);
    expect(channel.state).toBe("ready");
    await settle();
    expect(errors).toMatchObject([{ message: expect.stringContaining(message) as string }]);
  });

  test("that is refused fails the calls, until a worker is ready", async () => {
    const { channel, worker } = connect();
    const call = channel.call("a");
    const { id } = await worker.message();
    worker.refuse(id, -32601, "Method not found");
    expect(await failure(call)).toMatchObject({
      code: -32601,
      message: "system.hello was refused: Method not found",
    });
    expect(await failure(channel.call("a"))).toBeInstanceOf(RpcError);
    worker.say({ jsonrpc: "2.0", method: "$/ready", params: HELLO });
    await settle();
    void channel.call("b");
    await worker.greet();
    expect(await worker.message()).toMatchObject({ method: "b" });
  });
});

describe("whose line it is", () => {
  const table: [name: string, line: (session: string) => string][] = [
    ["another session's answer", () => '{"jsonrpc":"2.0","id":"other-1:1","result":1}'],
    [
      "another session's answer, in any state of repair",
      () => '{"jsonrpc":"2.0","id":"other-1:1","result":',
    ],
    ["another session's request", () => '{"jsonrpc":"2.0","id":"other-1:w1","method":"confirm"}'],
    [
      "a notification to another session",
      () => '{"jsonrpc":"2.0","session":"other-1","method":"$/fatal"}',
    ],
    ["a request to the anonymous session", () => '{"jsonrpc":"2.0","id":"w1","method":"confirm"}'],
    ["an answer to the anonymous session", () => '{"jsonrpc":"2.0","id":1,"result":1}'],
    [
      "an answer to the anonymous session, with a text for an id",
      () => '{"jsonrpc":"2.0","id":"abc","result":1}',
    ],
    ["an answer to nothing", (session) => `{"jsonrpc":"2.0","id":"${session}:99","result":1}`],
    ["an event that nobody listens to", () => '{"jsonrpc":"2.0","method":"changed","params":[1]}'],
    [
      "kkrpc 0.x",
      () => '{"id":"1","method":"","args":{"result":3},"type":"response","version":"json"}',
    ],
    [
      "the anonymous session has ended",
      () => '{"jsonrpc":"2.0","id":7,"error":{"code":-32002,"message":"ended"}}',
    ],
  ];
  test.each(table)("%s is ignored", async (_name, line) => {
    const { channel, worker, errors } = connect();
    const session = await worker.greet();
    const call = channel.call("a");
    await worker.line();
    worker.say(line(session), `{"jsonrpc":"2.0","id":"${session}:1","result":"mine"}`);
    expect(await call).toBe("mine");
    await settle();
    expect(errors).toEqual([]);
    expect(worker.unread).toEqual([]);
    expect(channel.state).toBe("ready");
  });

  test("another session's line is not even parsed", async () => {
    const { worker } = connect();
    await worker.greet();
    const parse = vi.spyOn(JSON, "parse");
    worker.say(
      '{"jsonrpc":"2.0","id":"other:1","result":1}',
      '{"jsonrpc":"2.0","session":"other","method":"$/progress"}',
    );
    await settle();
    expect(parse).not.toHaveBeenCalled();
    parse.mockRestore();
  });

  test("a request to us is answered: nothing is exposed here", async () => {
    const { worker } = connect();
    const session = await worker.greet();
    worker.say({ jsonrpc: "2.0", id: `${session}:w1`, method: "confirm", params: ["?"] });
    expect(await worker.message()).toMatchObject({ id: `${session}:w1`, error: { code: -32601 } });
  });

  test("a batch of them is answered by one, those to others left out", async () => {
    const { worker } = connect();
    const session = await worker.greet();
    const ids = [`${session}:w1`, "other:w1", `${session}:w2`];
    worker.say(ids.map((id) => ({ jsonrpc: "2.0", id, method: "confirm" })));
    expect(await worker.message()).toMatchObject([
      { id: ids[0], error: { code: -32601 } },
      { id: ids[2], error: { code: -32601 } },
    ]);
  });
});

describe("what belongs to no call goes to onError", () => {
  test.each([
    [
      "an error without an id",
      '{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}',
      "Parse error",
    ],
    [
      "text",
      "Traceback (most recent call last):",
      "A line from the worker is not JSON: Traceback (most recent call last):",
    ],
  ])("%s", async (_name, line, message) => {
    const { worker, errors } = connect();
    await worker.greet();
    worker.say(line);
    await settle();
    expect(errors.map((error) => error.message)).toEqual([message]);
  });

  test("later, so that what it throws keeps no answer from its call", () => {
    const io = new Scripted();
    const onError = vi.fn();
    createChannel(io, { onError });
    io.receiver?.chunk("no JSON\n");
    expect(onError).not.toHaveBeenCalled();
    return expect.poll(() => onError.mock.calls).toHaveLength(1);
  });

  test("which is the console's warning if there is none", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const io = new Scripted();
    createChannel(io);
    io.receiver?.chunk("no JSON\n");
    await settle();
    expect(warn.mock.calls).toEqual([[expect.any(RpcError)]]);
    warn.mockRestore();
  });
});

describe("an answer that cannot be read fails its call", () => {
  test("a broken one", async () => {
    const { channel, worker, errors } = connect();
    const session = await worker.greet();
    const call = channel.call("a");
    await worker.line();
    worker.say(`{"jsonrpc":"2.0","id":"${session}:1","result":[1,`);
    expect(await failure(call)).toMatchObject({
      code: -32700,
      message: expect.stringContaining("is not JSON") as string,
    });
    expect(errors).toEqual([]);
  });

  test("one that is too long, of a batch: all its calls, and nobody else's", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    const both = batch(channel, () => [channel.call("a"), channel.call("b")]);
    const other = channel.call("c");
    const long = "x".repeat(64 * 1024 * 1024 + 5000);
    worker.say(
      `[{"jsonrpc":"2.0","id":"${session}:2","result":"${long}"},{"jsonrpc":"2.0","id":"${session}:1","result":1}]`,
    );
    for (const call of both)
      expect(await failure(call)).toMatchObject({
        code: -32008,
        message: expect.stringContaining("is too long") as string,
      });
    worker.answer(`${session}:3`, 3);
    expect(await other).toBe(3);
  });
});

test("a request of the worker's that is too long is answered", async () => {
  const { worker, errors } = connect();
  const session = await worker.greet();
  const long = "x".repeat(64 * 1024 * 1024 + 5000);
  worker.say(`{"jsonrpc":"2.0","id":"${session}:w1","method":"ask","params":["${long}"]}`);
  expect(JSON.parse(await worker.line())).toMatchObject({
    id: `${session}:w1`,
    error: { code: -32007 },
  });
  await settle();
  expect(errors).toHaveLength(1);
});

test("an answer can be as long as the worker says that it sends them", async () => {
  const { channel, worker } = connect();
  const session = await worker.greet({ ...HELLO, limits: { responseBytes: 70 * 1024 * 1024 } });
  const call = channel.call("a");
  await worker.line();
  const long = "x".repeat(69 * 1024 * 1024);
  worker.say(`{"jsonrpc":"2.0","id":"${session}:1","result":"${long}"}`);
  expect(((await call) as string).length).toBe(long.length);
});

describe("a new worker", () => {
  test("in $/ready: what is pending fails at once, hello is said again, calls wait for it", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    const lost = channel.call("a");
    await worker.line();
    worker.say({ jsonrpc: "2.0", method: "$/ready", params: { ...HELLO, instance: "i2" } });
    expect(await failure(lost)).toBeInstanceOf(SessionEnded);
    expect(channel.state).toBe("connecting");
    const next = channel.call("b");
    expect(await worker.greet({ ...HELLO, instance: "i2" })).toBe(session);
    const { id, method } = await worker.message();
    expect(method).toBe("b");
    worker.answer(id, "B");
    expect(await next).toBe("B");
  });

  test("in an answer to hello", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    const lost = channel.call("a");
    await worker.line();
    worker.answer(`${session}:0`, { ...HELLO, instance: "i2" });
    expect(await failure(lost)).toBeInstanceOf(SessionEnded);
    expect(channel.state).toBe("ready");
  });
});

describe("a session that has ended", () => {
  test("what is pending fails, a new session is begun", async () => {
    const { channel, worker } = connect();
    const old = await worker.greet();
    const calls = [channel.call("a"), channel.call("b")];
    await worker.line();
    await worker.line();
    worker.refuse(`${old}:1`, -32002, "Session ended", { session: old });
    worker.refuse(`${old}:2`, -32002, "Session ended", { session: old });
    for (const call of calls) expect(await failure(call)).toBeInstanceOf(SessionEnded);
    const next = channel.call("c");
    const session = await worker.greet();
    expect(session).not.toBe(old);
    const { id } = await worker.message();
    expect(String(id).startsWith(`${session}:`)).toBe(true);
    worker.answer(id, 3);
    expect(await next).toBe(3);
    expect(worker.unread).toEqual([]);
  });

  test("a worker that ends every session is not asked for ever", async () => {
    const { channel, worker } = connect();
    const call = channel.call("a");
    const first = await worker.message();
    worker.refuse(first.id, -32002, "Session ended");
    expect(await failure(call)).toBeInstanceOf(SessionEnded);
    const second = await worker.message();
    worker.refuse(second.id, -32002, "Session ended");
    await settle();
    expect(worker.unread).toEqual([]);
    expect(await failure(channel.call("a"))).toMatchObject({ code: -32002 });
  });
});

describe("the end", () => {
  test("a worker that did not start: its reason, now and later, also after it has gone", async () => {
    const { channel, worker } = connect();
    const call = channel.call("a");
    worker.say({
      jsonrpc: "2.0",
      method: "$/fatal",
      params: { message: "2 misfits", details: ["x"] },
    });
    const error = await failure(call);
    expect(error).toBeInstanceOf(WorkerStartError);
    expect(error).toMatchObject({ message: "2 misfits", details: ["x"] });
    expect(await failure(channel.call("b"))).toBe(error);
    worker.close();
    await channel.closed;
    expect(channel.state).toBe("closed");
    expect(await failure(channel.call("c"))).toBe(error);
  });

  test.each([
    ["an object that hides its text", '{"toString":1,"valueOf":1}'],
    ["a list that is too deep", "[".repeat(20_000) + "]".repeat(20_000)],
  ])("a reason that is %s is no reason to lose the lines that follow", async (_name, message) => {
    const onLog = vi.fn();
    const { channel, worker, errors } = connect({ log: "info", onLog });
    const session = await worker.greet();
    const refused = channel.call("a");
    const failed = channel.call("b");
    await worker.line();
    worker.say(
      `{"jsonrpc":"2.0","error":{"code":7,"message":${message}},"id":"${session}:1"}`,
      `{"jsonrpc":"2.0","method":"$/fatal","params":{"message":${message}}}`,
      { jsonrpc: "2.0", method: "$/log", params: { level: "info" } },
    );
    expect(await failure(refused)).toMatchObject({ name: "RpcError", code: 7 });
    expect(await failure(failed)).toBeInstanceOf(WorkerStartError);
    expect(onLog).toHaveBeenCalledTimes(1);
    expect(errors).toEqual([]);
  });

  test("whatever is thrown at one line is reported, and the next is read", async () => {
    const { channel, worker, errors } = connect();
    const session = await worker.greet();
    const { signal } = new AbortController();
    signal.removeEventListener = (): never => {
      throw new Error("not this one");
    };
    void channel.call("a", undefined, { signal });
    const next = channel.call("b");
    await worker.line();
    worker.say(
      { jsonrpc: "2.0", id: `${session}:1`, result: 1 },
      { jsonrpc: "2.0", id: `${session}:2`, result: 2 },
    );
    expect(await next).toBe(2);
    expect(errors).toMatchObject([{ message: "not this one" }]);
  });

  test("a transport that is closed: what is pending and what waits fails with its reason", async () => {
    const { channel, worker } = connect();
    await worker.greet();
    const call = channel.call("a");
    worker.close();
    const error = await failure(call);
    expect(error).toBeInstanceOf(ChannelClosed);
    expect(error).toMatchObject({ reason: { message: "The other side was closed" } });
    expect(await channel.closed).toEqual({ message: "The other side was closed" });
    expect(await failure(channel.call("b"))).toBe(error);
  });

  function scripted(members: Partial<Transport>): {
    io: Scripted;
    channel: ReturnType<typeof createChannel>;
    errors: Error[];
  } {
    const io = Object.assign(new Scripted(), members);
    const errors: Error[] = [];
    return { io, errors, channel: createChannel(io, { onError: (error) => errors.push(error) }) };
  }

  const failures: [name: string, members: Partial<Transport>][] = [
    [
      "open throws",
      {
        open: () => {
          throw new Error("broken");
        },
      },
    ],
    ["open rejects", { open: () => Promise.reject(new Error("broken")) }],
    [
      "open rejects with something else",
      { open: () => Promise.reject("broken" as unknown as Error) },
    ],
  ];
  test.each(failures)("%s", async (_name, members) => {
    const { io, channel } = scripted(members);
    const call = channel.call("a");
    expect(await failure(call)).toMatchObject({
      name: "ChannelClosed",
      reason: { message: "broken" },
    });
    expect(await channel.closed).toEqual({ message: "broken" });
    expect(io.log).toEqual(["closed"]);
  });

  const ready = '{"jsonrpc":"2.0","method":"$/ready","params":{"instance":"i2"}}\n';

  test.each([
    [
      "throws",
      (): void => {
        throw new Error("broken");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken"))],
  ])("a write that %s fails what is pending; the next call tries again", async (_name, broken) => {
    const io = new Scripted();
    const write = vi.spyOn(io, "write").mockImplementationOnce(broken);
    const errors: Error[] = [];
    const channel = createChannel(io, { onError: (error) => errors.push(error) });
    const error = await failure(channel.call("a"));
    expect(error).toMatchObject({ name: "ChannelClosed", reason: { message: "broken" } });
    expect(errors).toEqual([error]);
    expect(channel.state).toBe("connecting");

    // Hello was lost: it is said again.
    const call = channel.call("b");
    await settle();
    const { id } = JSON.parse(io.log[0] ?? "") as { id: string };
    io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${id}","result":{}}\n`);
    await settle();
    const { id: next } = JSON.parse(io.log[1] ?? "") as { id: string };
    io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${next}","result":2}\n`);
    expect(await call).toBe(2);

    // Our answers may be lost too, and the worker would wait for them: a new session is begun.
    const lost: Error[] = [];
    linkOf(channel).onLost((reason) => lost.push(reason));
    write.mockImplementationOnce(broken);
    const gone = await failure(channel.call("c"));
    expect(gone).toMatchObject({ name: "ChannelClosed", reason: { message: "broken" } });
    expect(lost).toEqual([gone]);
    await settle();
    const said = (io.log[2] ?? "").trim().split("\n");
    expect(said.map((line) => JSON.parse(line) as unknown)).toEqual([
      expect.objectContaining({ method: "system.hello" }),
      expect.objectContaining({ method: "$/endSession", params: { session: id.split(":")[0] } }),
    ]);
    const { id: hello } = JSON.parse(said[0] ?? "") as { id: string };
    expect(hello).not.toBe(id);
    io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${hello}","result":{}}\n`);
    void failure(channel.call("d"));
    await settle();
    expect(io.log[3]).toContain('"method":"d"');
  });

  test("writes that all fail are tried once for each call", async () => {
    const io = new Scripted();
    const write = vi.spyOn(io, "write");
    const channel = createChannel(io, { onError: () => undefined });
    await settle();
    const { id } = JSON.parse(io.log[0] ?? "") as { id: string };
    io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${id}","result":{}}\n`);
    write.mockRejectedValue(new Error("broken"));
    for (const writes of [3, 4, 5]) {
      expect(await failure(channel.call("a"))).toBeInstanceOf(ChannelClosed);
      await settle();
      expect(write).toHaveBeenCalledTimes(writes);
    }
  });

  describe("of a worker whose relay goes on", () => {
    const exit: CloseReason = { message: "The worker exited", exitCode: 1 };
    afterEach(() => void vi.useRealTimers());

    async function called(): Promise<
      ReturnType<typeof scripted> & { call: Promise<unknown>; session: string }
    > {
      const fixture = scripted({});
      const call = fixture.channel.call("a");
      await settle();
      const { id } = JSON.parse(fixture.io.log[0] ?? "") as { id: string };
      fixture.io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${id}","result":{"instance":"i1"}}\n`);
      await settle();
      return { ...fixture, call, session: id.replace(":0", "") };
    }

    test("fails what is pending and is reported; a later worker revives the channel", async () => {
      const { io, channel, errors, call, session } = await called();
      io.receiver?.exited(exit);
      const error = await failure(call);
      expect(error).toMatchObject({ name: "ChannelClosed", reason: exit });
      expect(await failure(channel.call("b"))).toBe(error);
      expect(errors).toEqual([error]);
      io.receiver?.chunk(ready);
      await settle();
      expect(io.log[2]).toContain("system.hello");
      io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${session}:0","result":{"instance":"i2"}}\n`);
      expect(channel.state).toBe("ready");
      channel.destroy();
    });

    test("may be told before its last lines, and in the middle of one", async () => {
      const { io, channel, call, session } = await called();
      const cut = failure(channel.call("b"));
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${session}:2","res`);
      io.receiver?.exited(exit);
      vi.advanceTimersByTime(99);
      io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${session}:1","result":"last"}\n`);
      vi.advanceTimersByTime(1);
      expect(await call).toBe("last");
      expect(await cut).toMatchObject({ reason: exit });
    });

    test("counts no more when the next worker is ready", async () => {
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const { io, channel, errors, call, session } = await called();
      io.receiver?.exited(exit);
      io.receiver?.chunk(ready);
      expect(await failure(call)).toBeInstanceOf(SessionEnded);
      io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${session}:0","result":{"instance":"i2"}}\n`);
      vi.runAllTimers();
      expect(channel.state).toBe("ready");
      expect(errors).toEqual([]);
    });

    test("does not outlast the channel", async () => {
      const { io, channel, errors, call } = await called();
      const failed = failure(call);
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const receiver = io.receiver;
      receiver?.exited(exit);
      channel.destroy();
      receiver?.exited(exit);
      await settle();
      expect(vi.getTimerCount()).toBe(0);
      expect(await failed).toMatchObject({ reason: { message: "The channel was destroyed" } });
      expect(errors).toEqual([]);
    });
  });

  test("nothing is written before open has resolved, and one write at a time", async () => {
    const waiting: (() => void)[] = [];
    const step = async (): Promise<void> => {
      waiting.shift()?.();
      await settle();
    };
    class Slow extends Scripted {
      override async open(receiver: Receiver): Promise<void> {
        await super.open(receiver);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
      override async write(chunk: string): Promise<void> {
        await super.write(chunk);
        await new Promise<void>((resolve) => waiting.push(resolve));
      }
    }
    const io = new Slow();
    const channel = createChannel(io);
    await settle();
    expect(io.log).toEqual([]);
    await step();
    expect(io.log).toHaveLength(1);
    const { id } = JSON.parse(io.log[0] ?? "") as { id: string };
    io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${id}","result":{}}\n`);
    void channel.call("a");
    await settle();
    void channel.call("b");
    await settle();
    expect(io.log).toHaveLength(1);
    await step();
    expect(io.log).toHaveLength(2);
    expect(io.log[1]?.split("\n").map((line) => /"method":"(.)"/.exec(line)?.[1])).toEqual([
      "a",
      "b",
      undefined,
    ]);
  });

  test("what was not written yet is not sent to a new worker: its call has failed", async () => {
    let written: () => void = () => undefined;
    class Slow extends Scripted {
      override async write(chunk: string): Promise<void> {
        await super.write(chunk);
        await new Promise<void>((resolve) => (written = resolve));
      }
    }
    const io = new Slow();
    const channel = createChannel(io);
    await settle();
    const { id } = JSON.parse(io.log[0] ?? "") as { id: string };
    io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${id}","result":{"instance":"i1"}}\n`);
    const call = channel.call("a");
    io.receiver?.chunk('{"jsonrpc":"2.0","method":"$/ready","params":{"instance":"i2"}}\n');
    expect(await failure(call)).toBeInstanceOf(SessionEnded);
    written();
    await settle();
    expect(io.log.slice(1)).toEqual([expect.stringMatching(/^[^\n]*system\.hello[^\n]*\n$/)]);
  });

  const states: [name: string, prepare: (io: Scripted) => void][] = [
    ["before open has resolved", () => undefined],
    ["while connecting", () => undefined],
    ["after the transport has closed", (io) => io.receiver?.closed({ message: "gone" })],
  ];
  test.each(states)("destroy %s", async (name, prepare) => {
    const { io, channel, errors } = scripted(
      name.startsWith("before") ? { open: () => new Promise(() => undefined) } : {},
    );
    await settle();
    prepare(io);
    const call = failure(channel.call("a"));
    channel.destroy();
    channel.destroy();
    io.receiver?.chunk('{"jsonrpc":"2.0","method":"$/ready","params":{}}\n');
    expect(await call).toBeInstanceOf(ChannelClosed);
    expect(await failure(channel.call("b"))).toBeInstanceOf(ChannelClosed);
    expect(channel.state).toBe("closed");
    await settle();
    expect(io.log.filter((entry) => entry === "closed")).toHaveLength(1);
    expect(errors).toEqual([]);
  });

  test("a transport that cannot even close is reported", async () => {
    const { channel, errors } = scripted({
      close: () => {
        throw new Error("stuck");
      },
    });
    channel.destroy();
    expect(await channel.closed).toEqual({ message: "The channel was destroyed" });
    await settle();
    expect(errors.map((error) => error.message)).toEqual(["stuck"]);
  });

  test("so is one whose closing rejects", async () => {
    const { channel, errors } = scripted({ close: () => Promise.reject(new Error("stuck")) });
    channel.destroy();
    await settle();
    expect(errors.map((error) => error.message)).toEqual(["stuck"]);
  });

  test("a last line that was cut off says nothing: its call fails as the others do", async () => {
    const { io, channel, errors } = scripted({});
    const call = channel.call("a");
    await settle();
    const { id } = JSON.parse(io.log[0] ?? "") as { id: string };
    io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${id}","result":{}}\n`);
    io.receiver?.chunk(`{"jsonrpc":"2.0","id":"${id.replace(":0", ":1")}","result":[1,`);
    io.receiver?.closed({ message: "The worker exited", signal: "SIGKILL" });
    expect(await failure(call)).toMatchObject({ reason: { signal: "SIGKILL" } });
    await settle();
    expect(errors).toEqual([]);
  });

  test("a last line that nothing ended still counts", async () => {
    const { io, channel } = scripted({});
    const call = channel.call("a");
    await settle();
    const reason: CloseReason = { message: "The worker exited", exitCode: 1 };
    io.receiver?.chunk(
      '{"jsonrpc":"2.0","method":"$/fatal","params":{"message":"no such module"}}',
    );
    io.receiver?.closed(reason);
    expect(await failure(call)).toBeInstanceOf(WorkerStartError);
    expect(await channel.closed).toBe(reason);
  });
});

describe("the contract", () => {
  const descriptor: Descriptor<object> = {
    name: "BackendAPI",
    contract: "c0",
    regenerate: "rpc-worker generate x",
    members: {},
  };
  const message =
    "BackendAPI: the worker fake serves the contract c1, this client is made from c0. Either this is the wrong worker, or make the client again: rpc-worker generate x";

  test("that differs is reported once, whenever the client is made", async () => {
    const { channel, worker, errors } = connect();
    createClient(descriptor, channel);
    await worker.greet();
    worker.say({ jsonrpc: "2.0", method: "$/ready", params: { ...HELLO, instance: "i2" } });
    await worker.greet({ ...HELLO, instance: "i2" });
    await settle();
    expect(errors.map((error) => error.message)).toEqual([message]);
    createClient({ ...descriptor }, channel);
    await settle();
    expect(errors).toHaveLength(1);
    createClient({ ...descriptor, contract: "c2" }, channel);
    await settle();
    expect(errors).toHaveLength(2);
  });

  test("that is the same, or that the worker does not tell, is not", async () => {
    const { channel, worker, errors } = connect();
    createClient({ ...descriptor, contract: "c1" }, channel);
    await worker.greet();
    worker.say({ jsonrpc: "2.0", method: "$/ready", params: { instance: "i2" } });
    await worker.greet({ instance: "i2" });
    await settle();
    expect(errors).toEqual([]);
  });
});
