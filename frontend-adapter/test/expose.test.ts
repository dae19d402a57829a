/** What the worker asks of a page (protocol, sections 2, 3 and 5). */

import { afterEach, describe, expect, expectTypeOf, test, vi } from "vitest";
import { RpcError, createChannel, expose } from "../src/index.js";
import type { Descriptor, Exposed, IncomingCall } from "../src/index.js";
import { linkOf } from "../src/link.js";
import type { Incoming } from "../src/link.js";
import { memoryPair } from "../src/io/memory.js";
import { begin } from "../src/roles.js";
import type { ResultRole, Role } from "../src/roles.js";
import { serve } from "../src/serving.js";
import { HELLO, connect, settle } from "./fake-worker.js";
import type { Fixture, Received } from "./fake-worker.js";

interface Frontend {
  confirm(question: string, call: IncomingCall): boolean | Promise<boolean>;
  open(
    path: string,
    line: number | undefined,
    options: { readonly focus?: boolean },
    call: IncomingCall,
  ): unknown;
  readonly view: { zoom(by: number): void };
}

const descriptor: Descriptor<Frontend> = {
  name: "FrontendAPI",
  contract: "c1",
  regenerate: "rpc-worker generate x",
  members: {
    confirm: { method: "confirm", params: ["question"], required: ["question"] },
    open: { method: "open", params: ["path", "line"], options: ["focus"], required: ["path"] },
    view: { members: { zoom: { method: "view.zoom", params: ["by"] } } },
  },
};

const { type: _type, ...untyped } = descriptor;

const nothing: Frontend = {
  confirm: () => true,
  open: () => undefined,
  view: { zoom: () => undefined },
};

interface Exposing extends Fixture {
  readonly session: string;
}

async function exposing(members: Partial<Frontend>): Promise<Exposing> {
  return exposed(expose(descriptor, { ...nothing, ...members }));
}

async function exposed(...all: Exposed[]): Promise<Exposing> {
  const fixture = connect({ expose: all });
  return { ...fixture, session: await fixture.worker.greet() };
}

/** A promise that a test settles, and a call of a method that returns it. */
async function running(timeoutMs?: number): Promise<
  Exposing & {
    readonly resolve: (value: boolean) => void;
    readonly reject: (error: Error) => void;
    readonly signal: () => AbortSignal | undefined;
    readonly began: () => number;
  }
> {
  let resolve: (value: boolean) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  let signal: AbortSignal | undefined;
  const confirm = vi.fn((_question: string, call: IncomingCall) => {
    signal = call.signal;
    return new Promise<boolean>((one, other) => ([resolve, reject] = [one, other]));
  });
  const fixture = await exposing({ confirm });
  fixture.worker.ask(`${fixture.session}:w1`, "confirm", ["?"], timeoutMs);
  return {
    ...fixture,
    resolve: (value) => resolve(value),
    reject: (error) => reject(error),
    signal: () => signal,
    began: () => confirm.mock.calls.length,
  };
}

afterEach(() => void vi.useRealTimers());

describe("a request of the worker's", () => {
  const table: [name: string, method: string, params: unknown, args: unknown[]][] = [
    ["by position", "confirm", ["?"], ["?"]],
    ["by name", "confirm", { question: "?" }, ["?"]],
    ["what is missing is undefined", "open", ["/x"], ["/x", undefined, {}]],
    [
      "keywords are one object",
      "open",
      { focus: true, path: "/x" },
      ["/x", undefined, { focus: true }],
    ],
    ["null is a value", "open", ["/x", null], ["/x", null, {}]],
    ["in a namespace", "view.zoom", [2], [2]],
    ["without params", "view.zoom", undefined, [undefined]],
  ];
  test.each(table)("has its arguments in their places: %s", async (_name, method, params, args) => {
    const called = vi.fn((..._args: unknown[]) => true);
    const { worker, session } = await exposing({
      confirm: called,
      open: called,
      view: { zoom: called },
    });
    worker.ask(`${session}:w1`, method, params);
    expect(await worker.message()).toEqual({ jsonrpc: "2.0", id: `${session}:w1`, result: true });
    expect(called.mock.calls).toEqual([[...args, { signal: expect.any(AbortSignal) as unknown }]]);
  });

  test("is answered in the protocol's order of members; undefined is null", async () => {
    const { worker, session } = await exposing({});
    worker.ask(`${session}:w1`, "open", ["/x"]);
    expect(await worker.line()).toBe(`{"jsonrpc":"2.0","id":"${session}:w1","result":null}`);
  });

  test("has the implementation for `this`", async () => {
    class Page implements Frontend {
      readonly answer = false;
      readonly view = nothing.view;
      confirm(): boolean {
        return this.answer;
      }
      open(): void {}
    }
    const { worker, session } = await exposed(expose(descriptor, new Page()));
    worker.ask(`${session}:w1`, "confirm", ["?"]);
    expect(await worker.message()).toMatchObject({ result: false });
  });

  const refused: [name: string, method: string, params: unknown, message: string, data: object][] =
    [
      [
        "one that is missing",
        "confirm",
        {},
        "Invalid params: confirm, question: expected a value, received nothing",
        { param: "question", path: "$", expected: "a value", received: "nothing" },
      ],
      [
        "one too many",
        "confirm",
        ["a", "b"],
        "Invalid params: confirm: expected at most 1 by position, received 2",
        { param: null, path: "$[1]", expected: "at most 1 by position", received: "2" },
      ],
      [
        "an unknown name",
        "confirm",
        { question: "a", toString: 1 },
        'Invalid params: confirm: expected only the names question, received "toString"',
        { param: null, path: "$.toString" },
      ],
      [
        "neither a list nor an object",
        "confirm",
        3,
        "Invalid params: confirm: expected an array or an object, received 3",
        { param: null, path: "$" },
      ],
    ];
  test.each(refused)(
    "with wrong params is refused: %s",
    async (_name, method, params, message, data) => {
      const confirm = vi.fn(() => true);
      const { worker, session } = await exposing({ confirm });
      worker.ask(`${session}:w1`, method, params);
      expect(await worker.message()).toMatchObject({
        id: `${session}:w1`,
        error: { code: -32602, message, data },
      });
      expect(confirm).not.toHaveBeenCalled();
    },
  );

  class NotFound extends RpcError {}
  const thrown: [name: string, thrown: unknown, error: object][] = [
    [
      "an RpcError keeps what it has",
      new NotFound(4004, "no such file", { path: "/x" }),
      { code: 4004, message: "no such file", data: { path: "/x" } },
    ],
    [
      "without what JSON cannot hold",
      new RpcError(4004, "no such file", () => 1),
      { code: 4004, message: "no such file" },
    ],
    [
      "any other is internal",
      new TypeError("x is undefined"),
      {
        code: -32603,
        message: "Internal error: TypeError: x is undefined",
        data: { type: "TypeError", message: "x is undefined" },
      },
    ],
    [
      "what is no error, too",
      "text",
      {
        code: -32603,
        message: "Internal error: Error: text",
        data: { type: "Error", message: "text" },
      },
    ],
  ];
  test.each(thrown)("whose method throws: %s", async (_name, error, answer) => {
    for (const how of [() => Promise.reject(error as Error), thrower(error)]) {
      const { worker, session, errors } = await exposing({ confirm: how });
      worker.ask(`${session}:w1`, "confirm", ["?"]);
      expect(await worker.message()).toEqual({
        jsonrpc: "2.0",
        id: `${session}:w1`,
        error: answer,
      });
      await settle();
      expect(errors).toEqual([]);
    }
  });

  test.each([
    ["NaN", NaN, "NaN"],
    ["a function", (): void => undefined, "a function"],
    ["a bigint", 1n, "Do not know how to serialize a BigInt"],
    ["a Map", new Map(), "the contents of Map"],
  ])("whose result JSON cannot hold is answered with an error: %s", async (_name, result, what) => {
    const { worker, session } = await exposing({ open: () => result });
    worker.ask(`${session}:w1`, "open", ["/x"]);
    const { error } = await worker.message();
    expect(error?.code).toBe(-32003);
    expect(error?.message).toContain("open's result: ");
    expect(error?.message).toContain(what);
  });

  test.each(["close", "$/unknown", "$/unknown/method", "toString", "view"])(
    "for what is not exposed is refused: %s",
    async (method) => {
      const { worker, session } = await exposing({});
      worker.ask(`${session}:w1`, method);
      expect(await worker.line()).toBe(
        `{"jsonrpc":"2.0","id":"${session}:w1","error":{"code":-32601,"message":"Method not found: this page does not expose '${method}'"}}`,
      );
    },
  );

  test("that is not for this session is ignored", async () => {
    const confirm = vi.fn(() => true);
    const { worker } = await exposing({ confirm });
    worker.ask("w1", "confirm", ["?"]);
    worker.ask("other:w1", "confirm", ["?"]);
    await settle();
    expect(confirm).not.toHaveBeenCalled();
    expect(worker.unread).toEqual([]);
  });

  test("whose id is in flight is refused with the id null; the first one is answered", async () => {
    const { worker, session, resolve, began } = await running();
    await settle();
    worker.ask(`${session}:w1`, "confirm", ["again"]);
    expect(await worker.message()).toMatchObject({
      id: null,
      error: { code: -32600, data: { id: `${session}:w1` } },
    });
    resolve(true);
    expect(await worker.message()).toMatchObject({ id: `${session}:w1`, result: true });
    expect(began()).toBe(1);
    worker.ask(`${session}:w1`, "open", ["/x"]);
    expect(await worker.message()).toMatchObject({ id: `${session}:w1`, result: null });
  });

  test("is served beside others, in any order", async () => {
    const { worker, session, resolve } = await running();
    worker.ask(`${session}:w2`, "open", ["/x"]);
    expect(await worker.message()).toMatchObject({ id: `${session}:w2` });
    resolve(true);
    expect(await worker.message()).toMatchObject({ id: `${session}:w1` });
  });
});

function thrower(error: unknown): () => never {
  return () => {
    throw error;
  };
}

test("a batch is answered by one, when all are done; a cancel in it counts", async () => {
  const { worker, session, resolve } = await running();
  const ask = (id: string, method: string, params: unknown[]): object => ({
    jsonrpc: "2.0",
    id: `${session}:${id}`,
    method,
    params,
  });
  worker.say([
    ask("b1", "confirm", ["?"]),
    ask("b2", "view.zoom", [2]),
    ask("b3", "confirm", ["?"]),
    { jsonrpc: "2.0", session, method: "$/cancelRequest", params: { id: `${session}:b3` } },
    ask("b4", "nope", []),
  ]);
  await settle();
  expect(worker.unread).toEqual([]);
  resolve(true); // The last one that was begun: b1.
  const answers = (await worker.message()) as unknown as Received[];
  const outcomes = answers.map(({ id, result, error }) => [String(id), error?.code ?? result]);
  expect(outcomes.sort()).toEqual([
    [`${session}:b1`, true],
    [`${session}:b2`, null],
    [`${session}:b3`, -32800],
    [`${session}:b4`, -32601],
  ]);
});

test("what is thrown and cannot be made a text is answered all the same", async () => {
  const { worker, session } = await exposing({
    confirm: () => {
      throw Object.create(null);
    },
  });
  worker.ask(`${session}:w1`, "confirm", ["?"]);
  expect(await worker.message()).toMatchObject({
    error: { code: -32603, data: { type: "Error", message: "object" } },
  });
});

describe("a request that the worker cancels", () => {
  test("in the same chunk is not begun", async () => {
    const confirm = vi.fn(() => true);
    const { worker, session } = await exposing({ confirm });
    const id = `${session}:w1`;
    worker.say(
      { jsonrpc: "2.0", id, method: "confirm", params: ["?"] },
      { jsonrpc: "2.0", session, method: "$/cancelRequest", params: { id } },
    );
    expect(await worker.message()).toMatchObject({
      id,
      error: { code: -32800, message: "Cancelled" },
    });
    expect(confirm).not.toHaveBeenCalled();
  });

  test("has its signal aborted, and is answered when it has ended", async () => {
    const { worker, session, signal, reject } = await running();
    await settle();
    worker.notify("$/cancelRequest", { id: `${session}:w1` }, session);
    worker.notify("$/cancelRequest", { id: `${session}:w1` }, session);
    worker.notify("$/cancelRequest", { id: `${session}:w7` }, session);
    await settle();
    expect(signal()?.reason).toMatchObject({ name: "AbortError" });
    expect(worker.unread).toEqual([]);
    reject(new Error("unwound"));
    expect(await worker.message()).toMatchObject({ error: { code: -32800 } });
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("is answered with its result if that won", async () => {
    const { worker, session, resolve } = await running();
    await settle();
    worker.notify("$/cancelRequest", { id: `${session}:w1` }, session);
    resolve(true);
    expect(await worker.message()).toMatchObject({ result: true });
  });

  test("is answered 1 s after the first cancel if it goes on; what comes then is dropped", async () => {
    const { worker, session, reject } = await running();
    await settle();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    for (const ms of [500, 499]) {
      worker.notify("$/cancelRequest", { id: `${session}:w1` }, session);
      await settle();
      vi.advanceTimersByTime(ms);
    }
    await settle();
    expect(worker.unread).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(await worker.message()).toMatchObject({ error: { code: -32800 } });
    reject(new Error("late"));
    await settle();
    expect(worker.unread).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("a request with a deadline", () => {
  test("past it is answered at once, its signal aborted, its result dropped", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { worker, signal, resolve } = await running(50);
    await settle();
    vi.advanceTimersByTime(49);
    await settle();
    expect(worker.unread).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(await worker.message()).toMatchObject({ error: { code: -32050 } });
    expect(signal()?.reason).toMatchObject({ name: "TimeoutError" });
    resolve(true);
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("that is answered before leaves no timer", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { worker, resolve, signal } = await running(50);
    await settle();
    resolve(true);
    expect(await worker.message()).toMatchObject({ result: true });
    expect(vi.getTimerCount()).toBe(0);
    expect(signal()?.aborted).toBe(false);
  });

  test.each([-1, "5", null, {}])("that is none is refused: %j", async (timeoutMs) => {
    const { worker, session } = await exposing({});
    worker.ask(`${session}:w1`, "confirm", ["?"], timeoutMs as number);
    expect(await worker.message()).toMatchObject({
      id: `${session}:w1`,
      error: {
        code: -32600,
        message: "timeoutMs: expected a finite number that is not negative",
      },
    });
  });

  test("that is too large to be a number is refused", async () => {
    const { worker, session } = await exposing({});
    worker.say(`{"jsonrpc":"2.0","id":"${session}:w1","method":"confirm","timeoutMs":1e400}`);
    expect(await worker.message()).toMatchObject({ error: { code: -32600 } });
  });

  test("beyond what timers can hold has all the time that there is", async () => {
    const { worker, resolve } = await running(2 ** 40);
    await settle();
    resolve(true);
    expect(await worker.message()).toMatchObject({ result: true });
  });
});

test("when the session is lost, what runs is aborted and answers nobody", async () => {
  const { worker, signal, resolve } = await running(50_000);
  await settle();
  worker.notify("$/ready", { ...HELLO, instance: "i2" });
  await worker.greet({ ...HELLO, instance: "i2" });
  expect(signal()?.reason).toMatchObject({ name: "SessionEnded" });
  resolve(true);
  await settle();
  expect(worker.unread).toEqual([]);
});

describe("the protocol's own methods", () => {
  test("are served by name, or by how it begins; an exact name wins", async () => {
    const { channel, worker } = connect();
    const link = linkOf(channel);
    const session = await worker.greet();
    serve(link, "$/invokeProxy/", (params, { method }) => [method, params]);
    serve(link, "$/invokeProxy/special", () => "exact");
    worker.ask(`${session}:w1`, "$/invokeProxy/7/invoke", [1]);
    worker.ask(`${session}:w2`, "$/invokeProxy/special");
    worker.ask(`${session}:w3`, "$/invokeProxy");
    const messages = [await worker.message(), await worker.message(), await worker.message()];
    const byId = (id: string): unknown => messages.find((message) => message.id === id);
    expect(byId(`${session}:w1`)).toMatchObject({ result: ["$/invokeProxy/7/invoke", [1]] });
    expect(byId(`${session}:w2`)).toMatchObject({ result: "exact" });
    expect(byId(`${session}:w3`)).toMatchObject({ error: { code: -32601 } });
  });

  test("take notifications for this session alone; what one throws is reported", async () => {
    const { channel, worker, errors } = connect();
    const session = await worker.greet();
    const seen: [unknown, Incoming][] = [];
    serve(linkOf(channel), "$/progress", (params, incoming) => void seen.push([params, incoming]));
    serve(linkOf(channel), "$/bad", thrower(new Error("mine")));
    serve(linkOf(channel), "$/worse", () => Promise.reject(new Error("later")));
    worker.notify("$/progress", { token: 1 });
    worker.notify("$/progress", { token: 2 }, session);
    worker.notify("$/bad", {}, session);
    worker.notify("$/worse", {}, session);
    worker.notify("$/unknown", {}, session);
    await settle();
    expect(seen.map(([params]) => params)).toEqual([{ token: 2 }]);
    expect(seen[0]?.[1].id).toBeUndefined();
    expect(seen[0]?.[1].signal.aborted).toBe(false);
    expect(errors.map(({ message }) => message)).toEqual(["mine", "later"]);
    expect(worker.unread).toEqual([]);
  });

  test("attach to the call what ends with it, however that ends", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    const ended: [string, unknown][] = [];
    serve(linkOf(channel), "$/x/", async (params, { method, scope }) => {
      scope.attach((reason) => ended.push([method, reason]));
      if (method.endsWith("fails")) throw new RpcError(7, "no");
      if (method.endsWith("held")) scope.hold();
      await settle();
      return params;
    });
    for (const name of ["fails", "held", "works"]) worker.ask(`${session}:${name}`, `$/x/${name}`);
    for (let answers = 0; answers < 3; answers++) await worker.line();
    await settle();
    expect(ended).toEqual([
      ["$/x/fails", expect.objectContaining({ code: 7 }) as unknown],
      ["$/x/works", undefined],
    ]);
  });
});

describe("roles", () => {
  const log: unknown[] = [];
  const role: Role = {
    begin,
    offer: () => undefined,
    take: (wire) => {
      log.push(wire);
      return { taken: wire };
    },
  };
  const result: ResultRole = {
    ...role,
    open: () => undefined,
    answer: (value) => Promise.resolve({ token: value }),
  };

  test("take arguments, the progress among the options, and answer for the result", async () => {
    const call = vi.fn((..._args: unknown[]) => "made");
    const { worker, session } = await exposed(
      expose<Record<string, typeof call>>(
        {
          ...untyped,
          members: {
            run: {
              method: "run",
              params: ["ask", "plain"],
              onProgress: "report",
              takes: { ask: role, report: role },
              returns: result,
            },
          },
        },
        { run: call },
      ),
    );
    worker.ask(`${session}:w1`, "run", { ask: 1, plain: 2, report: 0 });
    worker.ask(`${session}:w2`, "run", [null]);
    expect(await worker.message()).toMatchObject({ result: { token: "made" } });
    expect(await worker.message()).toMatchObject({ result: { token: "made" } });
    const signal = { signal: expect.any(AbortSignal) as unknown };
    expect(call.mock.calls).toEqual([
      [{ taken: 1 }, 2, { onProgress: { taken: 0 } }, signal],
      // One that nobody hears.
      [null, undefined, { onProgress: expect.any(Function) as unknown }, signal],
    ]);
    expect(log).toEqual([1, 0]);
  });
});

describe("what is exposed", () => {
  test("must be there", () => {
    expect(() => expose(descriptor, {} as Frontend)).toThrow(
      new TypeError("FrontendAPI: the implementation has no method 'confirm'"),
    );
    const viewless = { ...nothing, view: undefined } as unknown as Frontend;
    expect(() => expose(descriptor, viewless)).toThrow(
      new TypeError("FrontendAPI.view: the implementation has no method 'zoom'"),
    );
  });

  test("has a contract that is compared with the worker's; both sides of one are told once", async () => {
    const other = { ...descriptor, contract: "c0" };
    const { channel, errors } = await exposed(expose(other, nothing));
    channel.expect({ ...other, name: "BackendAPI" });
    await settle();
    expect(errors.map(({ message }) => message)).toEqual([
      "FrontendAPI: the worker fake serves the contract c1, this client is made from c0. Either this is the wrong worker, or make the client again: rpc-worker generate x",
    ]);
  });

  test("can be one, or several", async () => {
    const only = expose(descriptor, nothing);
    const [io] = memoryPair();
    createChannel(io, { expose: only }).destroy();
    const second = expose<{ close(): number }>(
      { ...untyped, members: { close: { method: "close", params: [] } } },
      { close: () => 1 },
    );
    const { worker, session } = await exposed(only, second);
    worker.ask(`${session}:w1`, "close");
    expect(await worker.message()).toMatchObject({ result: 1 });
    worker.ask(`${session}:w2`, "confirm", ["?"]);
    expect(await worker.message()).toMatchObject({ result: true });
  });

  test.each([
    [{ confirm: () => true }],
    [{ attach: () => true, contract: () => true }],
    [[expose(descriptor, nothing), {}]],
    [[undefined]],
    [null],
  ])("is what the generated function returns, or the channel is not opened: %o", (given) => {
    const open = vi.fn();
    const io = { open, write: open, close: open };
    const options = { window: "bare", expose: given as unknown as Exposed };
    expect(() => createChannel(io, options)).toThrow(
      new TypeError("expose: give what the generated frontend() returns"),
    );
    expect(open).not.toHaveBeenCalled();
  });

  test("has each method once: of two, neither would know that it is not asked", () => {
    const [io] = memoryPair();
    const twice = {
      window: "twice",
      expose: [expose(descriptor, nothing), expose(descriptor, nothing)],
    };
    const message = "Two of what is exposed have 'confirm'";
    expect(() => createChannel(io, twice)).toThrow(new TypeError(message));
    // The channel that was not made has not taken the window's name.
    const [other] = memoryPair();
    const write = vi.spyOn(other, "write");
    const channel = createChannel(other, { window: "twice" });
    return settle().then(() => {
      expect(write.mock.calls[0]?.[0]).toContain('"window":"twice"');
      channel.destroy();
    });
  });

  test("answers with nothing where the contract has no result, whatever it returns", async () => {
    const shown: unknown[] = [];
    const { worker, session } = await exposed(
      expose<{ show(text: string): unknown }>(
        { ...untyped, members: { show: { method: "show", params: ["text"], returns: null } } },
        { show: (text) => shown.push(text) && new Map() },
      ),
    );
    worker.ask(`${session}:w1`, "show", ["a"]);
    expect(await worker.message()).toMatchObject({ result: null });
    expect(shown).toEqual(["a"]);
  });

  test("may take fewer parameters", () => {
    expectTypeOf<{ confirm: (question: string) => boolean }>().toMatchTypeOf<
      Pick<Frontend, "confirm">
    >();
  });
});
