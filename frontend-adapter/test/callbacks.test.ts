import { describe, expect, test, vi } from "vitest";
import {
  RpcError,
  callback,
  createChannel,
  expose,
  notice,
  procedure,
  progress,
  stream,
} from "../src/index.js";
import type { Stream } from "../src/index.js";
import { memoryPair } from "../src/io/memory.js";
import { FakeWorker, HELLO, connect, failure, settle } from "./fake-worker.js";
import { ask, greeted, pull } from "./greeted.js";
import type { Greeted } from "./greeted.js";

type Callable = (...args: never[]) => unknown;

interface Backend {
  deleteAll(ask: Callable | null, options?: { signal?: AbortSignal }): Promise<unknown>;
  watch(tell: Callable): Promise<unknown>;
  search(ask: Callable, tell: Callable): Stream<unknown>;
  checksum(path: string, options?: { onProgress?: (done: number) => unknown }): Promise<unknown>;
}

const members = {
  deleteAll: { method: "deleteAll", params: ["ask"], takes: { ask: callback } },
  watch: { method: "watch", params: ["tell"], takes: { tell: notice } },
  search: {
    method: "search",
    params: ["ask", "tell"],
    takes: { ask: callback, tell: notice },
    returns: stream,
  },
  checksum: {
    method: "checksum",
    params: ["path"],
    onProgress: "done",
    takes: { done: progress },
  },
};

function begin(): Promise<Greeted<Backend>> {
  return greeted<Backend>(members);
}

interface Marshaled {
  readonly __jsonrpc_marshaled: number;
  readonly handle: number;
  readonly lifetime: string;
}

/** Calls with a function; returns what the worker got in its place. */
async function offer(fixture: Greeted<Backend>, ask: Callable) {
  const outcome = fixture.client.deleteAll(ask).then(
    (result) => ({ result }),
    (thrown: unknown) => ({ thrown }),
  );
  const { id, params } = await fixture.worker.message();
  const [marshaled] = params as [Marshaled];
  return { id, outcome, marshaled, method: `$/invokeProxy/${marshaled.handle}/invoke` };
}

/** Tells the page something, as the worker does. */
function tell({ worker, session }: Greeted<unknown>, method: string, params: unknown): void {
  worker.say({ jsonrpc: "2.0", session, method, params });
}

const GONE = { error: { code: -32001 } };

describe("a callback", () => {
  test("goes as a handle below 2^53, no two alike", async () => {
    const fixture = await begin();
    const { marshaled } = await offer(fixture, () => true);
    const { marshaled: another } = await offer(fixture, () => true);
    expect(marshaled).toEqual({
      __jsonrpc_marshaled: 1,
      handle: marshaled.handle,
      lifetime: "call",
    });
    expect(Number.isSafeInteger(marshaled.handle)).toBe(true);
    expect(another.handle).not.toBe(marshaled.handle);
  });

  test("begins with another handle in another window", async () => {
    const [one, two] = [await offer(await begin(), vi.fn()), await offer(await begin(), vi.fn())];
    expect(one.marshaled.handle).not.toBe(two.marshaled.handle);
  });

  const answers: [name: string, ask: Callable, answer: object][] = [
    ["a value", (path: string) => path === "a", { result: true }],
    ["a promise", (path: string) => Promise.resolve(path), { result: "a" }],
    ["nothing", () => undefined, { result: null }],
    [
      "an error of its own",
      () => {
        throw new RpcError(4004, "no", { path: "a" });
      },
      { error: { code: 4004, message: "no", data: { path: "a" } } },
    ],
    [
      "another error",
      () => Promise.reject(new RangeError("far")),
      { error: { code: -32603, data: { type: "RangeError", message: "far" } } },
    ],
    ["what JSON cannot hold", () => NaN, { error: { code: -32003 } }],
  ];
  test.each(answers)("answers with %s", async (_name, callable, answer) => {
    const fixture = await begin();
    const { method } = await offer(fixture, callable);
    expect(await ask(fixture, method, ["a"])).toMatchObject(answer);
    expect(await ask(fixture, method, ["a"])).toMatchObject(answer); // As often as it likes.
  });

  const cycle: unknown[] = [];
  cycle.push(cycle);
  test.each([
    [() => cycle, /^a callback's result: Converting circular structure/],
    [() => Promise.resolve(() => 1), /^a callback's result: JSON cannot hold a function$/],
    [() => ({ sure: NaN }), /^a callback's result: JSON cannot hold NaN \(at "sure"\)$/],
  ])("says what of its result JSON cannot hold: %#", async (callable, message) => {
    const fixture = await begin();
    const { method } = await offer(fixture, callable);
    const { code, message: said } = (await ask(fixture, method, ["a"])).error ?? {};
    expect(code).toBe(-32003);
    expect(said).toMatch(message);
  });

  test("gets all its arguments, or none", async () => {
    const fixture = await begin();
    const callable = vi.fn();
    const { method } = await offer(fixture, callable);
    await ask(fixture, method, [1, null, { a: 2 }]);
    await ask(fixture, method, []);
    await ask(fixture, method, undefined);
    expect(callable.mock.calls).toEqual([[1, null, { a: 2 }], [], []]);
  });

  test("that is cancelled is answered once", async () => {
    const fixture = await begin();
    let release = (): void => undefined;
    const { method } = await offer(
      fixture,
      () => new Promise<void>((resolve) => (release = resolve)),
    );
    const id = `${fixture.session}:c`;
    fixture.worker.say({ jsonrpc: "2.0", id, method, params: [] });
    await settle();
    tell(fixture, "$/cancelRequest", { id });
    release();
    expect(await fixture.worker.message()).toMatchObject({ id, result: null }); // It won.
    await settle();
    expect(fixture.worker.unread).toEqual([]);
  });

  test("is not begun if a cancel comes with it", async () => {
    const fixture = await begin();
    const callable = vi.fn();
    const { method } = await offer(fixture, callable);
    const id = `${fixture.session}:c`;
    const { session } = fixture;
    fixture.worker.say(
      { jsonrpc: "2.0", id, method, params: [] },
      { jsonrpc: "2.0", session, method: "$/cancelRequest", params: { id } },
    );
    expect(await fixture.worker.message()).toMatchObject({ id, error: { code: -32800 } });
    expect(callable).not.toHaveBeenCalled();
  });

  test("without a result is waited for, and answers with nothing", async () => {
    const fixture = await greeted<Backend>({
      deleteAll: { method: "deleteAll", params: ["ask"], takes: { ask: procedure } },
    });
    const list: unknown[] = [];
    const { method } = await offer(fixture, (item: unknown) => Promise.resolve(list.push(item)));
    expect(await ask(fixture, method, ["a"])).toMatchObject({ result: null });
    expect(list).toEqual(["a"]);
    const { method: failing } = await offer(fixture, () => Promise.reject(new RpcError(7, "no")));
    expect(await ask(fixture, failing, [])).toMatchObject({ error: { code: 7 } });
    expect(await failure(fixture.client.deleteAll(5 as never))).toBeInstanceOf(TypeError);
  });

  test("can make calls of its own", async () => {
    const fixture = await begin();
    const { method, id } = await offer(fixture, () => fixture.client.checksum("x"));
    const outer = `${fixture.session}:w`;
    fixture.worker.say({ jsonrpc: "2.0", id: outer, method, params: [] });
    const inner = await fixture.worker.message();
    expect(inner).toMatchObject({ method: "checksum", params: ["x"] });
    fixture.worker.answer(inner.id, "sum");
    expect(await fixture.worker.message()).toMatchObject({ id: outer, result: "sum" });
    fixture.worker.answer(id, 1);
  });

  test("null, where the contract lets it be", async () => {
    const fixture = await begin();
    void fixture.client.deleteAll(null);
    expect(await fixture.worker.message()).toMatchObject({ params: [null] });
  });

  test("that is no function is refused", async () => {
    const fixture = await begin();
    const error = await failure(fixture.client.deleteAll("yes" as never));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({
      message: "deleteAll: 'ask': expected a function, received a string",
    });
    await settle();
    expect(fixture.worker.unread).toEqual([]);
  });
});

describe("a handle ends", () => {
  const ends: [
    name: string,
    end: (fixture: Greeted<Backend>, id: unknown, handle: number) => void,
  ][] = [
    ["with its call", ({ worker }, id) => worker.answer(id, 1)],
    ["with the call's error", ({ worker }, id) => worker.refuse(id, -32000, "no")],
    [
      "when the worker gives it back",
      (fixture, _id, handle) =>
        tell(fixture, "$/releaseMarshaledObject", { handle, ownedBySender: false }),
    ],
    [
      "when the worker gives it back by position",
      (fixture, _id, handle) => tell(fixture, "$/releaseMarshaledObject", [handle, false]),
    ],
  ];
  test.each(ends)("%s", async (_name, end) => {
    const fixture = await begin();
    const callable = vi.fn();
    const { id, method, marshaled } = await offer(fixture, callable);
    end(fixture, id, marshaled.handle);
    await settle();
    expect(await ask(fixture, method, [])).toMatchObject(GONE);
    tell(fixture, method, []); // One that is late is ignored.
    await settle();
    expect(callable).not.toHaveBeenCalled();
    expect(fixture.errors).toEqual([]);
  });

  test("with the session", async () => {
    const fixture = await begin();
    const { method, outcome } = await offer(fixture, vi.fn());
    tell(fixture, "$/ready", { ...HELLO, instance: "i2" });
    fixture.worker.say({ jsonrpc: "2.0", method: "$/ready", params: { ...HELLO, instance: "i2" } });
    const session = await fixture.worker.greet({ ...HELLO, instance: "i2" });
    expect(await outcome).toHaveProperty("thrown");
    expect(await ask({ ...fixture, session }, method, [])).toMatchObject(GONE);
  });

  test("not when the worker releases one of its own", async () => {
    const fixture = await begin();
    const { method, marshaled } = await offer(fixture, () => 1);
    const params = { handle: marshaled.handle, ownedBySender: true };
    expect(await ask(fixture, "$/releaseMarshaledObject", params)).toMatchObject({ result: null });
    expect(await ask(fixture, method, [])).toMatchObject({ result: 1 });
  });

  test("not before the stream has ended that its call returned", async () => {
    const fixture = await begin();
    const items = pull(fixture.client.search(() => "yes", vi.fn()));
    const first = items.next();
    const { id, params } = await fixture.worker.message();
    const method = `$/invokeProxy/${(params as [Marshaled])[0].handle}/invoke`;
    fixture.worker.answer(id, { token: 1, values: ["a"] });
    await first;
    expect(await ask(fixture, method, [])).toMatchObject({ result: "yes" });
    await items.return();
    expect((await fixture.worker.message()).method).toBe("$/enumerator/abort");
    expect(await ask(fixture, method, [])).toMatchObject(GONE);
  });

  test("with a session that its stream did not see end", async () => {
    const fixture = await begin();
    const items = pull(fixture.client.search(() => "yes", vi.fn()));
    const first = items.next();
    const { id, params } = await fixture.worker.message();
    const method = `$/invokeProxy/${(params as [Marshaled])[0].handle}/invoke`;
    fixture.worker.answer(id, { token: 1, values: ["a"] });
    await first;
    fixture.worker.say({ jsonrpc: "2.0", method: "$/ready", params: { ...HELLO, instance: "i2" } });
    const session = await fixture.worker.greet({ ...HELLO, instance: "i2" });
    expect(await ask({ ...fixture, session }, method, [])).toMatchObject(GONE);
  });

  test.each([["$/invokeProxy/x/invoke"], ["$/invokeProxy/1/other"], ["$/invokeProxy//invoke"]])(
    "one that never was: %s",
    async (method) => {
      const fixture = await begin();
      await offer(fixture, vi.fn());
      expect(await ask(fixture, method, [])).toMatchObject(GONE);
    },
  );
});

describe("a one-way callback", () => {
  test("is a notification; what it throws is reported and is nobody else's failure", async () => {
    const fixture = await begin();
    const seen: unknown[] = [];
    const watching = fixture.client.watch((value: unknown) => {
      seen.push(value);
      if (value === 2) throw new Error("mine");
      if (value === 3) return Promise.reject(new Error("later"));
      return undefined;
    });
    const { id, params } = await fixture.worker.message();
    const method = `$/invokeProxy/${(params as [Marshaled])[0].handle}/invoke`;
    for (const value of [1, 2, 3, 4]) tell(fixture, method, [value]);
    fixture.worker.answer(id, "done");
    expect(await watching).toBe("done");
    expect(seen).toEqual([1, 2, 3, 4]);
    await settle();
    expect(fixture.errors.map(({ message }) => message).sort()).toEqual(["later", "mine"]);
    expect(fixture.worker.unread).toEqual([]);
  });
});

describe("progress", () => {
  test("is a token in the argument's place, by name", async () => {
    const fixture = await begin();
    void fixture.client.checksum("x", { onProgress: vi.fn() });
    const { params } = await fixture.worker.message();
    const { done } = params as { done: unknown };
    expect(params).toEqual({ path: "x", done });
    expect(["string", "number"]).toContain(typeof done);
  });

  test("without a listener, nobody is told: the call goes by position", async () => {
    const fixture = await begin();
    void fixture.client.checksum("x", {});
    expect((await fixture.worker.message()).params).toEqual(["x"]);
  });

  test("is heard in order, before the call resolves, and not afterwards", async () => {
    const fixture = await begin();
    const heard: unknown[] = [];
    const sum = fixture.client
      .checksum("x", { onProgress: (done) => heard.push(done) })
      .then((result) => heard.push(result));
    const { id, params } = await fixture.worker.message();
    const { done: token } = params as { done: unknown };
    const report = (value: number): object => ({
      jsonrpc: "2.0",
      session: fixture.session,
      method: "$/progress",
      params: { token, value },
    });
    fixture.worker.say(
      report(1),
      report(2),
      { jsonrpc: "2.0", id, result: "sum" },
      report(3), // None comes from the worker now; none would be heard.
    );
    await sum;
    await settle();
    expect(heard).toEqual([1, 2, "sum"]);
  });

  test("reaches the listener of its own call", async () => {
    const fixture = await begin();
    const listeners = [vi.fn(), vi.fn()];
    const tokens: unknown[] = [];
    for (const onProgress of listeners) {
      void fixture.client.checksum("x", { onProgress });
      tokens.push(((await fixture.worker.message()).params as { done: unknown }).done);
    }
    tell(fixture, "$/progress", { token: tokens[1], value: 1 });
    tell(fixture, "$/progress", { token: "unknown", value: 2 });
    await settle();
    expect(listeners.map(({ mock }) => mock.calls)).toEqual([[], [[1]]]);
    expect(fixture.errors).toEqual([]);
  });

  test("a listener that throws is reported; the call goes on", async () => {
    const fixture = await begin();
    const sum = fixture.client.checksum("x", {
      onProgress: () => {
        throw new Error("bar");
      },
    });
    const { id, params } = await fixture.worker.message();
    tell(fixture, "$/progress", { token: (params as { done: unknown }).done, value: 1 });
    fixture.worker.answer(id, "sum");
    expect(await sum).toBe("sum");
    await settle();
    expect(fixture.errors).toMatchObject([{ message: "bar" }]);
  });

  test("that is no function is refused", async () => {
    const fixture = await begin();
    const error = await failure(fixture.client.checksum("x", { onProgress: 5 as never }));
    expect(error).toMatchObject({
      name: "TypeError",
      message: "checksum: 'onProgress': expected a function, received a number",
    });
  });
});

describe("functions of the worker's, in a call of the worker's", () => {
  type Method = (
    ask: (...args: unknown[]) => Promise<unknown>,
    tell: (...args: unknown[]) => void,
    options: { readonly onProgress?: (value: unknown) => void },
  ) => unknown;

  const descriptor = {
    name: "FrontendAPI",
    contract: "c1",
    regenerate: "",
    members: {
      show: {
        method: "show",
        params: ["ask", "tell"],
        onProgress: "done",
        takes: { ask: callback, tell: notice, done: progress },
      },
    },
  };

  /** Has the page's method called with functions; `method` is what it does. */
  async function called(
    method: Method,
    params: unknown = { ask: handle(7), tell: handle(8), done: 0 },
  ) {
    const fixture = connect({ expose: expose<{ show: Method }>(descriptor, { show: method }) });
    const session = await fixture.worker.greet();
    const id = `${session}:w1`;
    fixture.worker.say({ jsonrpc: "2.0", id, method: "show", params });
    return { ...fixture, session, id };
  }

  function handle(number: number): Marshaled {
    return { __jsonrpc_marshaled: 1, handle: number, lifetime: "call" };
  }

  test("a callback asks the worker", async () => {
    const { worker, id } = await called(async (ask) => `${String(await ask("a", 2))}!`);
    const asked = await worker.message();
    expect(asked).toMatchObject({ method: "$/invokeProxy/7/invoke", params: ["a", 2] });
    worker.answer(asked.id, "yes");
    expect(await worker.message()).toMatchObject({ id, result: "yes!" });
  });

  test("one that has answered is held no longer", async () => {
    const abort = vi.spyOn(AbortController.prototype, "abort");
    const { worker, id } = await called((ask) => ask());
    worker.answer((await worker.message()).id, "yes");
    expect(await worker.message()).toMatchObject({ id, result: "yes" });
    expect(abort).not.toHaveBeenCalled();
    abort.mockRestore();
  });

  test("they live until the stream has ended that the call returned", async () => {
    const members = {
      lines: { method: "lines", params: ["tell"], takes: { tell: notice }, returns: stream },
    };
    const descriptor = { name: "FrontendAPI", contract: "c1", regenerate: "", members };
    let kept: (text: string) => void = () => undefined;
    const exposed = expose<{ lines: (tell: typeof kept) => Iterable<number> }>(descriptor, {
      *lines(tell) {
        kept = tell;
        yield 1;
      },
    });
    const fixture = connect({ expose: exposed });
    const greeting = { ...fixture, session: await fixture.worker.greet() };
    const { result } = await ask(greeting, "lines", [handle(8)]);
    kept("before");
    expect(await fixture.worker.message()).toMatchObject({ params: ["before"] });
    const params = [(result as { token: unknown }).token];
    expect((await ask(greeting, "$/enumerator/next", params)).result).toMatchObject({
      finished: true,
    });
    kept("after");
    await settle();
    expect(fixture.worker.unread).toEqual([]);
  });

  test("the worker's error is the caller's to take", async () => {
    const { worker, id } = await called((ask) =>
      ask().catch((thrown: unknown) => (thrown as RpcError).code),
    );
    worker.refuse((await worker.message()).id, 4004, "no");
    expect(await worker.message()).toMatchObject({ id, result: 4004 });
  });

  const passed: [name: string, method: Method, error: object][] = [
    [
      "that leaves the method is not the method's: its code says nothing to whoever called that",
      (ask) => ask(),
      { code: -32603, data: { type: "RpcError", message: "no" } },
    ],
    [
      "can be told on: as an error of the page's own",
      (ask) =>
        ask().catch((thrown: RpcError) => {
          throw new RpcError(thrown.code, thrown.message, thrown.data);
        }),
      { code: 4004, message: "no", data: { path: "a" } },
    ],
  ];
  test.each(passed)("the worker's error %s", async (_name, method, error) => {
    const { worker, id } = await called(method);
    worker.refuse((await worker.message()).id, 4004, "no", { path: "a" });
    expect(await worker.message()).toMatchObject({ id, error });
  });

  test("nor is what this side says of the worker's answer the method's own", async () => {
    const { worker, id } = await called((ask) => ask());
    const asked = await worker.message();
    worker.say(`{"jsonrpc":"2.0","id":"${String(asked.id)}","result":nonsense}`);
    expect(await worker.message()).toMatchObject({ id, error: { code: -32603 } });
  });

  test("a one-way callback and progress are notifications", async () => {
    const { worker, session, id } = await called((_ask, tell, { onProgress }) => {
      expect(tell("a")).toBeUndefined();
      onProgress?.(0.5);
    });
    expect(await worker.message()).toEqual({
      jsonrpc: "2.0",
      session,
      method: "$/invokeProxy/8/invoke",
      params: ["a"],
    });
    expect(await worker.message()).toEqual({
      jsonrpc: "2.0",
      session,
      method: "$/progress",
      params: { token: 0, value: 0.5 },
    });
    expect(await worker.message()).toMatchObject({ id, result: null });
  });

  /** Has the page's method called while a write does not end; `written` ends that and all later ones. */
  async function hanging(method: Method) {
    const [ours, theirs] = memoryPair();
    let written = (): void => undefined;
    let isHanging = false;
    const write = ours.write.bind(ours);
    ours.write = async (chunk): Promise<void> => {
      if (isHanging) await new Promise<void>((resolve) => (written = resolve));
      isHanging = false;
      await write(chunk);
    };
    const errors: Error[] = [];
    const show = async (...args: Parameters<Method>): Promise<void> => {
      args[1]("hangs");
      await settle();
      await method(...args);
      written();
    };
    createChannel(ours, {
      onError: (error) => errors.push(error),
      expose: expose<{ show: Method }>(descriptor, { show }),
    });
    const worker = new FakeWorker(theirs);
    const session = await worker.greet();
    isHanging = true;
    const params = { ask: handle(7), tell: handle(8), done: 0 };
    worker.say({ jsonrpc: "2.0", id: `${session}:w1`, method: "show", params });
    expect(await worker.message()).toMatchObject({ params: ["hangs"] });
    return { worker, errors };
  }

  test("of the progress that waits to be written, the latest goes, each time", async () => {
    const { worker } = await hanging((_ask, _tell, { onProgress }) => {
      for (let done = 0; done <= 100; done++) onProgress?.(done);
    });
    expect(await worker.message()).toMatchObject({ params: { token: 0, value: 100 } });
    expect(await worker.message()).toMatchObject({ result: null });

    const { worker: another } = await called(async (_ask, _tell, { onProgress }) => {
      onProgress?.(1);
      await settle();
      onProgress?.(2);
      onProgress?.(3);
    });
    expect(await another.message()).toMatchObject({ params: { value: 1 } });
    expect(await another.message()).toMatchObject({ params: { value: 3 } });
    expect(await another.message()).toMatchObject({ result: null });
    await settle();
    expect([...worker.unread, ...another.unread]).toEqual([]);
  });

  test("of one-way calls, 10,000 wait; how many more were dropped is told once", async () => {
    const { worker, errors } = await hanging((_ask, tell) => {
      for (let count = 0; count < 10_003; count++) tell(count);
    });
    const values: unknown[] = [];
    for (;;) {
      const { params } = await worker.message();
      if (!params) break;
      values.push(...(params as unknown[]));
    }
    expect(values).toEqual(Array.from({ length: 10_000 }, (_, index) => index));
    await settle();
    expect(errors).toMatchObject([
      { message: "3 one-way calls were dropped: 10000 waited to be written" },
    ]);
  });

  test("they are inert after the call", async () => {
    let kept: Parameters<Method> | undefined;
    const { worker, id } = await called((...args) => void (kept = args));
    expect(await worker.message()).toMatchObject({ id });
    const [ask, tell, { onProgress }] = kept as unknown as Parameters<Method>;
    tell("late");
    onProgress?.(1);
    expect(await failure(ask())).toMatchObject({
      message: "The call that this callback came with has ended",
    });
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("a call that is cancelled waits for no callback: that is cancelled too", async () => {
    const { worker, session, id } = await called((ask) => ask());
    const asked = await worker.message();
    worker.say({ jsonrpc: "2.0", session, method: "$/cancelRequest", params: { id } });
    const messages = [await worker.message(), await worker.message()];
    expect(messages).toContainEqual(expect.objectContaining({ params: { id: asked.id } }));
    expect(messages).toContainEqual(
      expect.objectContaining({ id, error: expect.objectContaining({ code: -32800 }) }),
    );
  });

  const wrong: [params: object, param: string, expected: string][] = [
    [{ ask: 7, tell: handle(8) }, "ask", "a callback's handle"],
    [
      { ask: { ...handle(7), __jsonrpc_marshaled: 0 }, tell: handle(8) },
      "ask",
      "a callback's handle",
    ],
    [{ ask: handle(7), tell: handle(0.5) }, "tell", "a callback's handle"],
    [{ ask: handle(7), tell: handle(8), done: {} }, "done", "a progress token"],
  ];
  test.each(wrong)("what is none is refused: %j", async (params, param, expected) => {
    const { worker, id } = await called(() => undefined, params);
    expect(await worker.message()).toMatchObject({
      id,
      error: { code: -32602, data: { param, expected } },
    });
  });
});
