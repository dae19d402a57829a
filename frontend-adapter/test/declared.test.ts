/** The errors that a contract declares, both ways. */

import { build } from "esbuild";
import { describe, expect, expectTypeOf, test, vi } from "vitest";
import {
  RpcError,
  SessionEnded,
  batch,
  date,
  expose,
  members as fields,
  stream,
  value,
} from "../src/index.js";
import type { ErrorClass, IncomingCall, Members, MethodDescriptor, Stream } from "../src/index.js";
import { declared } from "../src/declared.js";
import { isOwn } from "../src/errors.js";
import { connect, failure, settle } from "./fake-worker.js";
import { ask, greeted, pull } from "./greeted.js";
import { Full, Locked, NotFound } from "./declared/photos.types.js";

const NOON = new Date("2026-07-31T12:00:00Z");
const NOON_TEXT = "2026-07-31T12:00:00.000Z";

const raises = [[NotFound], [Locked, fields(() => ({ since: date }))], [Full]] as const;

describe("a class", () => {
  test("makes errors with a name, a code, data and a message", () => {
    const error = new NotFound({ path: "/x" });
    expect({ ...error }).toEqual({ code: 4004, data: { path: "/x" } });
    expect(String(error)).toBe("NotFound: There is no such photo.");
    expect(error.stack).toMatch(/^NotFound: There is no such photo\.\n/);
    expect(new NotFound({ path: "/x" }, "Nothing at /x").message).toBe("Nothing at /x");
    expect({ ...new Full() }).toEqual({ code: 4006, data: undefined });
  });

  test("is called as it is declared, and has its code", () => {
    expect([NotFound.name, NotFound.code, Locked.code]).toEqual(["NotFound", 4004, 4005]);
  });

  test("tells its errors from others", () => {
    const [own, other] = [new NotFound({ path: "/x" }), new Locked({ since: NOON })];
    expect([own instanceof NotFound, other instanceof NotFound]).toEqual([true, false]);
    for (const error of [own, other]) {
      expect(error instanceof RpcError).toBe(true);
      expect(error instanceof Error).toBe(true);
      expect((error as unknown) instanceof SessionEnded).toBe(false);
    }
    expect(new RpcError(4004, "no", { path: "/x" }) instanceof NotFound).toBe(false);
    const others = [null, undefined, 4004, "NotFound", {}, new Error("x"), Object.create(null)];
    for (const value of others as object[]) expect(value instanceof NotFound).toBe(false);
  });

  test("can be derived from; that has the ordinary test", () => {
    class Missing extends NotFound {
      readonly isMissing = true;
    }
    const error = new Missing({ path: "/x" });
    expect([error instanceof Missing, error instanceof NotFound]).toEqual([true, true]);
    expect(error instanceof RpcError).toBe(true);
    expect(new NotFound({ path: "/x" }) instanceof Missing).toBe(false);
    expect([Missing.code, error.code]).toEqual([4004, 4004]);
  });

  test("of one brand is one class in two bundles, which need nothing else of the runtime", async () => {
    const copy = async (number: number) => {
      const { outputFiles } = await build({
        stdin: {
          contents: `export * from "./photos.types.js"; // ${number}`,
          resolveDir: new URL("declared", import.meta.url).pathname,
        },
        bundle: true,
        format: "esm",
        write: false,
      });
      const code = `// ${number}\n${outputFiles[0]?.text ?? ""}`;
      expect(code).not.toContain("jsonrpc");
      const url = `data:text/javascript,${encodeURIComponent(code)}`;
      return (await import(/* @vite-ignore */ url)) as typeof import("./declared/photos.types.js");
    };
    const [one, two] = [await copy(1), await copy(2)];
    expect(one.NotFound).not.toBe(two.NotFound);
    const error = new one.NotFound({ path: "/x" });
    expect(error instanceof two.NotFound).toBe(true);
    expect(error instanceof NotFound).toBe(true);
    expect(error instanceof RpcError).toBe(true);
    expect((error as unknown) instanceof two.Locked).toBe(false);
  });

  test("is left out of a bundle that does not use it", async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `export { Full } from "./photos.types.js";`,
        resolveDir: new URL("declared", import.meta.url).pathname,
      },
      bundle: true,
      format: "esm",
      write: false,
    });
    const text = outputFiles[0]?.text ?? "";
    expect(text).toContain("photos_api.Full");
    expect(text).not.toContain("photos_api.NotFound");
  });

  test("as generated is one that a descriptor takes", () => {
    const method: MethodDescriptor = { method: "photos.remove", params: [], raises };
    expectTypeOf(NotFound).toExtend<ErrorClass>();
    expectTypeOf(Full).toExtend<ErrorClass>();
    // @ts-expect-error: a class has a code
    const codeless: MethodDescriptor = { method: "x", params: [], raises: [[Error]] };
    // @ts-expect-error: the class itself, not one of its errors
    const error: MethodDescriptor = { method: "x", params: [], raises: [[new Full()]] };
    // @ts-expect-error: its data has a type
    expect(new NotFound({ at: "/x" }).data).toEqual({ at: "/x" });
    expectTypeOf(new NotFound({ path: "/x" }).data).toEqualTypeOf<{ path: string }>();
    expectTypeOf(NotFound.code).toEqualTypeOf<4004>();
    expect([method, codeless, error]).toHaveLength(3);
  });
});

interface Backend {
  remove(path: string, options?: { readonly signal?: AbortSignal }): Promise<unknown>;
  read(path: string): Promise<Date>;
  tail(path: string): Stream<unknown>;
  other(): Promise<unknown>;
}

const backend: Members = {
  remove: { method: "remove", params: ["path"], raises },
  read: { method: "read", params: ["path"], raises, returns: value(date) },
  tail: { method: "tail", params: ["path"], raises, returns: stream },
  other: { method: "other", params: [], raises: [] },
};

describe("an answer", () => {
  test.each(["remove", "read"] as const)("of a declared code is its error: %s", async (method) => {
    const { client, worker } = await greeted<Backend>(backend);
    const call = client[method]("/x");
    worker.refuse((await worker.message()).id, 4004, "Nothing at /x", { path: "/x" });
    const error = await failure(call);
    expect(error).toBeInstanceOf(NotFound);
    expect(Object.getPrototypeOf(error)).toBe(NotFound.prototype);
    expect({ ...(error as NotFound) }).toEqual({ code: 4004, data: { path: "/x" } });
    expect((error as NotFound).message).toBe("Nothing at /x");
    expect(isOwn(error)).toBe(false);
  });

  test("has its data read", async () => {
    const { client, worker } = await greeted<Backend>(backend);
    const call = client.remove("/x");
    worker.refuse((await worker.message()).id, 4005, "Locked", { since: NOON_TEXT });
    expect(await failure(call)).toMatchObject({ data: { since: NOON } });
  });

  test("without data is the error too", async () => {
    const { client, worker } = await greeted<Backend>(backend);
    const call = client.remove("/x");
    worker.refuse((await worker.message()).id, 4006, "Full");
    const error = await failure(call);
    expect(error).toBeInstanceOf(Full);
    expect((error as Full).data).toBeUndefined();
  });

  test("whose data cannot be read stays an RpcError, and says so", async () => {
    const { client, worker } = await greeted<Backend>(backend);
    const call = client.remove("/x");
    worker.refuse((await worker.message()).id, 4005, "Locked", { since: "x" });
    const error = await failure(call);
    expect(error instanceof Locked).toBe(false);
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toMatchObject({ code: 4005, data: { since: "x" } });
    expect((error as Error).message).toMatch(
      /^Locked \(4005 is declared as Locked, but its data does not fit: expected a date.*, received "x" \(at "since"\)\)$/,
    );
    expect(isOwn(error)).toBe(false);
  });

  test.each([
    ["another code", (client: Backend) => client.remove("/x"), 4007],
    ["a method that declares none", (client: Backend) => client.other(), 4004],
  ])("stays an RpcError: %s", async (_name, act, code) => {
    const { client, worker } = await greeted<Backend>(backend);
    const call = act(client);
    worker.refuse((await worker.message()).id, code, "no", { path: "/x" });
    const error = await failure(call);
    expect(Object.getPrototypeOf(error)).toBe(RpcError.prototype);
    expect(error).toMatchObject({ code, data: { path: "/x" } });
  });

  test("within a batch is its error", async () => {
    const { client, channel, worker } = await greeted<Backend>(backend);
    const calls = batch(channel, () => [client.remove("/a"), client.remove("/b"), client.other()]);
    const failures = Promise.all(calls.map(failure));
    const requests = JSON.parse(await worker.line()) as { id: string }[];
    const error = { code: 4004, message: "no", data: { path: "/" } };
    worker.say(requests.map(({ id }) => ({ jsonrpc: "2.0", id, error })));
    const found = await failures;
    expect(found.map((thrown) => thrown instanceof NotFound)).toEqual([true, true, false]);
  });

  test("of another kind is what it is", async () => {
    const { client, channel, worker } = await greeted<Backend>(backend);
    const controller = new AbortController();
    const aborted = failure(client.remove("/x", { signal: controller.signal }));
    const late = client.remove("/x");
    await worker.message();
    worker.refuse((await worker.message()).id, -32050, "The time is up");
    expect(await failure(late)).toMatchObject({ name: "TimeoutError" });
    controller.abort(4004);
    expect(await aborted).toBe(4004);
    const lost = failure(client.remove("/x"));
    channel.destroy();
    expect(await lost).toMatchObject({ name: "ChannelClosed" });
  });

  const reason = new NotFound({ path: "/own" });
  test.each([reason, new RpcError(4004, "own")])("is no abort: %#", async (reason) => {
    const { client } = await greeted<Backend>(backend);
    const controller = new AbortController();
    const call = client.remove("/x", { signal: controller.signal });
    controller.abort(reason);
    expect(await failure(call)).toBe(reason);
  });
});

describe("a stream", () => {
  const refuse = { code: 4004, message: "no", data: { path: "/x" } };

  test("that is refused fails with the declared error", async () => {
    const { client, worker } = await greeted<Backend>(backend);
    const item = failure(pull(client.tail("/x")).next());
    worker.refuse((await worker.message()).id, refuse.code, refuse.message, refuse.data);
    expect(await item).toBeInstanceOf(NotFound);
  });

  test("fails with it at any item", async () => {
    const { client, worker } = await greeted<Backend>(backend);
    const items = pull(client.tail("/x"));
    const first = items.next();
    worker.answer((await worker.message()).id, { token: 1, values: ["a"] });
    expect(await first).toEqual({ done: false, value: "a" });
    const second = failure(items.next());
    worker.refuse((await worker.message()).id, 4005, "Locked", { since: NOON_TEXT });
    expect(await second).toMatchObject({ name: "Locked", data: { since: NOON } });
  });
});

describe("what a page's method throws", () => {
  interface Frontend {
    confirm(question: string, call: IncomingCall): unknown;
    pick(call: IncomingCall): unknown;
  }
  const frontend: Members = {
    confirm: { method: "confirm", params: ["question"], raises },
    pick: { method: "pick", params: [], raises, returns: stream },
  };

  async function exposing(page: Partial<Frontend>) {
    const none = { confirm: vi.fn(), pick: vi.fn() };
    const descriptor = { name: "FrontendAPI", contract: "c1", regenerate: "", members: frontend };
    const fixture = connect({ expose: expose<Frontend>(descriptor, { ...none, ...page }) });
    return { ...fixture, session: await fixture.worker.greet() };
  }

  class Missing extends NotFound {}
  const Foreign = declared("Locked", 4005, "photos_api.Locked", "") as unknown as typeof Locked;

  test.each([
    ["its data as it is", new NotFound({ path: "/x" }), 4004, { path: "/x" }],
    ["its data written", new Locked({ since: NOON }), 4005, { since: NOON_TEXT }],
    ["no data", new Full(), 4006, undefined],
    ["that of a derived one", new Missing({ path: "/x" }), 4004, { path: "/x" }],
    ["that of another copy", new Foreign({ since: NOON }), 4005, { since: NOON_TEXT }],
    ["that of an RpcError", new RpcError(4005, "x", { since: "s" }), 4005, { since: "s" }],
  ])("is answered with %s", async (_name, error, code, data) => {
    const fixture = await exposing({
      confirm: () => {
        throw error;
      },
    });
    const { message } = error;
    expect((await ask(fixture, "confirm", ["?"])).error).toEqual({
      code,
      message,
      ...(data && { data }),
    });
    expect(fixture.errors).toEqual([]);
  });

  test("is answered without data that cannot be written, and told of", async () => {
    const fixture = await exposing({
      confirm: () => Promise.reject(new Locked({ since: "x" as never })),
    });
    const { error } = await ask(fixture, "confirm", ["?"]);
    expect(error).toEqual({ code: 4005, message: "It is locked." });
    await settle();
    expect(fixture.errors).toEqual([
      new TypeError('The data of Locked: expected a Date, received a string (at "since")'),
    ]);
  });

  test("is answered without data that JSON cannot hold", async () => {
    const fixture = await exposing({
      confirm: () => Promise.reject(new NotFound({ path: "\ud800" })),
    });
    const { error } = await ask(fixture, "confirm", ["?"]);
    expect(error).toEqual({ code: 4004, message: "There is no such photo." });
  });

  test("is written in a stream too, at any item", async () => {
    const fixture = await exposing({
      pick: async function* () {
        yield 1;
        throw new Locked({ since: NOON });
      },
    });
    const { token } = (await ask(fixture, "pick", [])).result as { token: unknown };
    const { error } = await ask(fixture, "$/enumerator/next", { token });
    expect(error).toMatchObject({ code: 4005, data: { since: NOON_TEXT } });
  });

  test("is no answer of its own, if a worker had answered it", async () => {
    const { client, worker } = await greeted<Backend>(backend);
    const call = client.remove("/x");
    worker.refuse((await worker.message()).id, 4005, "Locked", { since: NOON_TEXT });
    const thrown = await failure(call);
    const fixture = await exposing({ confirm: () => Promise.reject(thrown) });
    const { error } = await ask(fixture, "confirm", ["?"]);
    expect(error).toMatchObject({ code: -32603, data: { type: "Locked", message: "Locked" } });
  });
});
