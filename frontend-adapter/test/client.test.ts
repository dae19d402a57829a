import { describe, expect, expectTypeOf, test } from "vitest";
import { createClient } from "../src/index.js";
import type { Channel, Descriptor, Params } from "../src/index.js";
import { failure } from "./fake-worker.js";

/** A channel that only notes what it is asked. */
function recorder(): { channel: Channel; calls: [method: string, params: Params | undefined][] } {
  const calls: [string, Params | undefined][] = [];
  const channel: Channel = {
    state: "ready",
    closed: new Promise(() => undefined),
    call: (method, params) => {
      calls.push([method, params]);
      return Promise.resolve("done");
    },
    batch: (made) => made(),
    expect: () => undefined,
    destroy: () => undefined,
  };
  return { channel, calls };
}

interface Backend {
  add(a: number, b: number): Promise<number>;
  now(): Promise<number>;
  readonly files: {
    search(
      root: string,
      query?: string,
      options?: { limit?: number; hidden?: boolean },
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
    files: {
      members: {
        search: { method: "files.search", params: ["root", "query"], options: ["limit", "hidden"] },
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
      "an object in a parameter's place is no options",
      (c) => c.files.search({ limit: 5 } as unknown as string),
      "files.search",
      [{ limit: 5 }],
    ],
  ];
  test.each(table)("%s", async (_name, call, method, params) => {
    const { channel, calls } = recorder();
    expect(await call(createClient(backend, channel))).toBe("done");
    expect(calls).toEqual([[method, params]]);
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
  ];
  test.each(mistakes)("%s is refused", async (_name, call, message) => {
    const { channel, calls } = recorder();
    const error = await failure(call(createClient(backend, channel) as unknown as Loose));
    expect(error).toBeInstanceOf(TypeError);
    expect(error).toMatchObject({ message });
    expect(calls).toEqual([]);
  });
});

describe("the client is a plain object", () => {
  test("with the contract's members and no others", () => {
    const client = createClient(backend, recorder().channel);
    expect(Object.keys(client)).toEqual(["add", "now", "files"]);
    expect(Object.getPrototypeOf(client)).toBe(Object.prototype);
    expect("then" in client).toBe(false);
  });

  test("whatever its members and parameters are called", async () => {
    const { channel, calls } = recorder();
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty", "prototype"];
    const members = Object.fromEntries(
      names.map((name) => [
        name,
        { method: `m.${name}`, params: [name, "b"], options: ["valueOf"] },
      ]),
    );
    const client = createClient<Loose>(
      { name: "Odd", contract: "c1", regenerate: "", members },
      channel,
    );
    expect(Object.keys(client)).toEqual(names);
    for (const name of names) await client[name]?.(1, 2, { valueOf: 3 });
    expect(calls.map(([method]) => method)).toEqual(names.map((name) => `m.${name}`));
    for (const [index, name] of names.entries()) {
      expect(Object.entries(calls[index]?.[1] ?? {})).toEqual([
        [name, 1],
        ["b", 2],
        ["valueOf", 3],
      ]);
    }
    expect(({} as { b?: unknown }).b).toBeUndefined();
  });

  test("typed by its descriptor", () => {
    expectTypeOf(createClient(backend, recorder().channel)).toEqualTypeOf<Backend>();
  });
});
