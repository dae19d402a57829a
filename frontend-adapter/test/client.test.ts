import { build } from "esbuild";
import { describe, expect, expectTypeOf, test } from "vitest";
import { createClient, event, progress, stream } from "../src/index.js";
import type { CallOptions, Descriptor, EventFeed, Params } from "../src/index.js";
import { DURATION } from "../src/calls.js";
import { connect, failure, settle } from "./fake-worker.js";
import { gist, greeted } from "./greeted.js";

interface Backend {
  add(a: number, b: number, options?: CallOptions): Promise<number>;
  now(options?: CallOptions): Promise<number>;
  sum(options: object): Promise<number>;
  readonly changed: EventFeed<string>;
  readonly files: {
    search(
      root: string,
      query?: string,
      options?: {
        limit?: number;
        hidden?: boolean;
        onProgress?: (done: number) => void;
      } & CallOptions,
    ): Promise<string[]>;
    readonly deep: { inner(): Promise<void> };
  };
}

const backend: Descriptor<Backend> = {
  name: "BackendAPI",
  contract: "c1",
  regenerate: "rpc-worker generate x",
  members: {
    add: { method: "add", params: ["a", "b"] },
    now: { method: "now", params: [] },
    sum: {
      method: "sum",
      params: [],
      options: ["numbers", "toString"],
      takes: { numbers: stream },
    },
    changed: event("changed"),
    files: {
      members: {
        search: {
          method: "files.search",
          params: ["root", "query"],
          options: ["limit", "hidden"],
          onProgress: "progress",
          takes: { progress },
        },
        deep: { members: { inner: { method: "files.deep.inner", params: [] } } },
      },
    },
  },
};

type Loose = Record<string, (...args: unknown[]) => Promise<unknown>>;

describe("a call's arguments", () => {
  const table: [
    name: string,
    call: (client: Backend) => unknown,
    method: string,
    params: Params | undefined,
  ][] = [
    ["by position", (c) => c.add(1, 2), "add", [1, 2]],
    ["none", (c) => c.now(), "now", undefined],
    ["in a namespace in a namespace", (c) => c.files.deep.inner(), "files.deep.inner", undefined],
    [
      "trailing undefined is trimmed",
      (c) => c.files.search("/", undefined, undefined),
      "files.search",
      ["/"],
    ],
    [
      "nothing but undefined",
      (c) => c.files.search(undefined as unknown as string),
      "files.search",
      undefined,
    ],
    [
      "null is a value",
      (c) => c.files.search("/", null as unknown as string),
      "files.search",
      ["/", null],
    ],
    [
      "a hole: by name",
      (c) => c.files.search(undefined as unknown as string, "q"),
      "files.search",
      { query: "q" },
    ],
    [
      "an option: by name",
      (c) => c.files.search("/", "q", { limit: 5 }),
      "files.search",
      { root: "/", query: "q", limit: 5 },
    ],
    [
      "an option after what is left out",
      (c) => c.files.search("/", undefined, { hidden: false }),
      "files.search",
      { root: "/", hidden: false },
    ],
    [
      "options without a value: by position",
      (c) => c.files.search("/", "q", {}),
      "files.search",
      ["/", "q"],
    ],
    [
      "an undefined option",
      (c) => c.files.search("/", "q", { limit: undefined as unknown as number }),
      "files.search",
      ["/", "q"],
    ],
    [
      "a signal and a deadline alone: by position",
      (c) => c.add(1, 2, { signal: new AbortController().signal, timeoutMs: 1000 }),
      "add",
      [1, 2],
    ],
    [
      "a signal without a value",
      (c) => c.now({ signal: undefined, timeoutMs: undefined }),
      "now",
      undefined,
    ],
    [
      "a deadline and an option: by name",
      (c) => c.files.search("/", undefined, { timeoutMs: 1000, limit: 5 }),
      "files.search",
      { root: "/", limit: 5 },
    ],
    [
      "progress that nobody listens to: by position",
      (c) => c.files.search("/", "q", { onProgress: undefined as never }),
      "files.search",
      ["/", "q"],
    ],
    [
      "a stream among the options",
      (c) => c.sum({ numbers: new Set([1]) }),
      "sum",
      { numbers: { values: [1] } },
    ],
    [
      "a name that every object has is nothing special",
      (c) => c.sum({ numbers: [], toString: "x" }),
      "sum",
      { numbers: { values: [] }, toString: "x" },
    ],
    [
      "an object in a parameter's place is no options",
      (c) => c.files.search({ limit: 5 } as unknown as string),
      "files.search",
      [{ limit: 5 }],
    ],
  ];
  test.each(table)("%s", async (_name, call, method, params) => {
    const { client, worker } = await greeted<Backend>(backend.members);
    const result = call(client);
    const message = await worker.message();
    expect(gist(message)).toEqual({ method, params });
    worker.answer(message.id, "done");
    expect(await result).toBe("done");
  });

  test("progress goes by name, as a token", async () => {
    const { client, worker } = await greeted<Backend>(backend.members);
    void client.files.search("/", undefined, { onProgress: () => undefined });
    expect((await worker.message()).params).toEqual({ root: "/", progress: 1 });
  });

  test("a deadline is the request's, not the method's", async () => {
    const { client, worker } = await greeted<Backend>(backend.members);
    void client.files.search("/", "q", { limit: 5, timeoutMs: 700 });
    expect(await worker.message()).toMatchObject({
      timeoutMs: 700,
      params: { root: "/", query: "q", limit: 5 },
    });
  });

  const aborted: [
    name: string,
    call: (client: Backend, signal: AbortSignal) => Promise<unknown>,
  ][] = [
    ["of a plain call", (c, signal) => c.add(1, 2, { signal })],
    [
      "of one with progress",
      (c, signal) => c.files.search("/", "q", { signal, onProgress: Math.abs }),
    ],
  ];
  test.each(aborted)("a signal %s rejects it at once and cancels it", async (_name, call) => {
    const { client, worker } = await greeted<Backend>(backend.members);
    const controller = new AbortController();
    const result = call(client, controller.signal);
    const { id } = await worker.message();
    controller.abort(new Error("enough"));
    expect(await failure(result)).toBe(controller.signal.reason);
    expect(gist(await worker.message())).toEqual({ method: "$/cancelRequest", params: { id } });
  });

  const mistakes: [name: string, call: (client: Loose) => Promise<unknown>, message: string][] = [
    [
      "as map calls it",
      (c) => c["now"]!(1, 0, [1]),
      "now: only an object of options can follow its 0 arguments",
    ],
    [
      "one too many",
      (c) => c["add"]!(1, 2, 3),
      "add: only an object of options can follow its 2 arguments",
    ],
    [
      "two too many",
      (c) => c["add"]!(1, 2, {}, 4),
      "add: only an object of options can follow its 2 arguments",
    ],
    [
      "an array for options",
      (c) => c["add"]!(1, 2, [3]),
      "add: only an object of options can follow its 2 arguments",
    ],
    [
      "a Map for options",
      (c) => c["add"]!(1, 2, new Map([["limit", 1]])),
      "add: only an object of options can follow its 2 arguments",
    ],
    [
      "null for options",
      (c) => c["add"]!(1, 2, null),
      "add: only an object of options can follow its 2 arguments",
    ],
    [
      "an option that it has not",
      (c) => c["add"]!(1, 2, { limit: 1 }),
      "add has no option 'limit'",
    ],
    [
      "progress of a method that has none",
      (c) => c["add"]!(1, 2, { onProgress: () => undefined }),
      "add has no option 'onProgress'",
    ],
    [
      "a deadline that is none",
      (c) => c["add"]!(1, 2, { timeoutMs: -1 }),
      "add: timeoutMs: " + DURATION,
    ],
  ];
  test.each(mistakes)("%s is refused", async (_name, call, message) => {
    const { client, worker } = await greeted<Loose>(backend.members);
    const error = await failure(call(client));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ message });
    await settle();
    expect(worker.unread).toEqual([]);
  });
});

describe("the client is a plain object", () => {
  test("with the contract's members and no others", () => {
    const client = createClient(backend, connect().channel);
    expect(Object.keys(client)).toEqual(["add", "now", "sum", "changed", "files"]);
    expect(Object.getPrototypeOf(client)).toBe(Object.prototype);
    expect("then" in client).toBe(false);
  });

  test("whatever its members and parameters are called", async () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype"];
    const members = Object.fromEntries(
      names.map((name) => [
        name,
        { method: `m.${name}`, params: [name, "b"], options: ["valueOf"] },
      ]),
    );
    const { client, worker } = await greeted<Loose>(members);
    expect(Object.keys(client)).toEqual(names);
    for (const name of names) {
      void client[name]?.(1, 2, { valueOf: 3 });
      const { method, params } = await worker.message();
      expect(method).toBe(`m.${name}`);
      expect(Object.entries(params as object)).toEqual([
        [name, 1],
        ["b", 2],
        ["valueOf", 3],
      ]);
    }
    expect(({} as { b?: unknown }).b).toBeUndefined();
  });

  test("with a feed for each event", async () => {
    const { client, worker } = await greeted<Backend>(backend.members);
    const events: string[] = [];
    client.changed.on((value) => events.push(value));
    worker.say({ jsonrpc: "2.0", method: "changed", params: ["a"] });
    await settle();
    expect(events).toEqual(["a"]);
  });

  test("typed by its descriptor", () => {
    expectTypeOf(createClient(backend, connect().channel)).toEqualTypeOf<Backend>();
  });
});

describe("a bundle holds what it imports, and no more", () => {
  const marks = {
    stream: "$/enumerator/",
    callback: "$/invokeProxy/",
    notice: "$/invokeProxy/",
    progress: "$/progress",
    date: "toISOString",
    duration: "999999999 days",
    bytes: "toBase64",
    bigint: "a bigint",
    streamOf: "$/enumerator/",
    callbackOf: "$/invokeProxy/",
    safe: "Thrown",
  };
  const table = [[], ...Object.keys(marks).map((name) => [name])] as (keyof typeof marks)[][];
  test.each(table.map((names) => [names]))("%j", async (names) => {
    const imported = ["createChannel", "createClient", ...names].join();
    const contents = `export { ${imported} } from "./index.js"`;
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: new URL("../src", import.meta.url).pathname },
      bundle: true,
      minify: true,
      format: "esm",
      write: false,
    });
    const code = outputFiles[0]?.text ?? "";
    const found = Object.values(marks).filter((mark) => code.includes(mark));
    expect(new Set(found)).toEqual(new Set(names.map((name) => marks[name])));
  });
});
