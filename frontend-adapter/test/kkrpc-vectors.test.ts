/** The page's side of the wire vectors for kkrpc: 0.2.2 itself, and what stands in for kkrpc 2. */

import { RPCChannel } from "kkrpc/browser";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { connect, failure, settle } from "./fake-worker.js";
import { Kkrpc2Channel } from "./kkrpc2.js";
import type { Platform } from "./kkrpc2.js";
import { Names, pageVectors, vectors } from "./vectors.js";

/** What a page calls, in either dialect. */
interface Page {
  call(method: string, ...args: unknown[]): Promise<unknown>;
  stream(method: string, ...args: unknown[]): AsyncGenerator<unknown>;
  get(path: string): Promise<unknown>;
}

/** Gives out what the page says, and gives it what the worker says. */
class Wire {
  readonly name = "wire";
  readonly written: string[] = [];
  readonly #unread: string[] = [];
  #reader: ((text: string) => void) | undefined;
  #listener: ((line: string) => void) | undefined;

  /** As kkrpc 0.x reads. */
  read(): Promise<string> {
    const text = this.#unread.shift();
    if (text !== undefined) return Promise.resolve(text);
    return new Promise((resolve) => (this.#reader = resolve));
  }

  async write(text: string): Promise<void> {
    this.written.push(...text.split("\n").filter(Boolean));
  }

  /** As kkrpc 2 does. */
  get platform(): Platform {
    return {
      send: (text) => this.write(text),
      subscribe: (listener) => {
        this.#listener = listener;
        return () => undefined;
      },
    };
  }

  say(line: string): void {
    const reader = this.#reader;
    this.#reader = undefined;
    if (this.#listener) this.#listener(line);
    else if (reader) reader(`${line}\n`);
    else this.#unread.push(`${line}\n`);
  }
}

function pageOf(name: string, dialect: string, wire: Wire): Page {
  const confirm = (): Promise<boolean> =>
    name.endsWith("refused") ? Promise.reject(new Error("no")) : Promise.resolve(true);
  if (dialect === "2.x") {
    const channel = new Kkrpc2Channel(wire.platform, { confirm });
    return {
      call: (method, ...args) => channel.call(method, ...args),
      stream: (method, ...args) => channel.stream(method, ...args),
      get: (path) => channel.request("get", path),
    };
  }
  const version = name.endsWith("json") ? "json" : "superjson";
  const channel = new RPCChannel<object, Record<string, never>>(wire, {
    expose: { confirm },
    serialization: { version },
  });
  const none = (): never => {
    throw new Error("kkrpc 0.x has none");
  };
  return {
    call: (method, ...args) => channel.callMethod(method, args as never),
    stream: none,
    get: none,
  };
}

async function* numbers(...values: number[]): AsyncGenerator<number> {
  for (const value of values) yield value;
}

/** What a page does in each vector, and what it gets. */
const programs: Record<string, (page: Page) => Promise<void>> = {
  async "0-call"({ call }) {
    expect(await call("subtract", 5, 3)).toBe(2);
    expect(await call("text.upperCase", "straße \u2028")).toBe("STRASSE \u2028");
  },
  async "0-call-json"({ call }) {
    expect(await call("subtract", 5, 3)).toBe(2);
  },
  "0-void": nothing,
  async "0-error"({ call }) {
    expect(await failure(call("open", "/tmp/x"))).toEqual(new Error("There is no such file."));
    expect(await failure(call("divide", 1, 0))).toEqual(new Error("the divisor is zero"));
    expect(await failure(call("absent"))).toBeInstanceOf(Error);
    expect(await failure(call("subtract", "5", 3))).toBeInstanceOf(Error);
  },
  "0-callback": (page) => tellAll(page, ["x", "y"]),
  async "0-progress"({ call }) {
    const told: number[] = [];
    expect(await call("work", 2, (step: number) => told.push(step))).toBe(2);
    expect(told).toEqual([1, 2]);
  },
  "0-call-back": askFrontend,
  async "0-call-back-refused"({ call }) {
    expect(await failure(call("askFrontend", "sure?"))).toEqual(new Error("no"));
  },
  async "0-options"({ call }) {
    expect(await call("greet", "you", { punctuation: "!" })).toBe("Hello, you!");
    expect(await call("greet", "you", { punctuation: undefined })).toBe("Hello, you");
  },
  async "0-stream-refused"({ call }) {
    expect(await failure(call("count", 3))).toBeInstanceOf(Error);
  },
  async "2-call"({ call }) {
    expect(await call("subtract", 5, 3)).toBe(2);
    expect(await call("text.upperCase", "x")).toBe("X");
  },
  "2-void": nothing,
  async "2-error"({ call }) {
    expect(await failure(call("open", "/tmp/x"))).toMatchObject({
      name: "NotFound",
      message: "There is no such file.",
      path: "/tmp/x",
      code: 4004,
    });
    expect(await failure(call("divide", 1, 0))).toMatchObject({ name: "ValueError" });
    expect(await failure(call("absent"))).toMatchObject({ name: "MethodNotFound" });
    expect(await failure(call("subtract", "5", 3))).toMatchObject({ name: "InvalidParams" });
  },
  "2-callback": (page) => tellAll(page, ["x"]),
  async "2-callback-with-answer"({ call }) {
    const error = await failure(call("askAll", ["x"], () => true));
    expect(error).toMatchObject({ name: "InvalidParams" });
  },
  async "2-stream"({ stream }) {
    const items: unknown[] = [];
    for await (const item of stream("count", 3)) items.push(item);
    expect(items).toEqual([0, 1, 2]);
  },
  async "2-stream-left"({ call, stream }) {
    for await (const item of stream("countThenWait", 1)) {
      expect(item).toBe(0);
      break;
    }
    expect(await call("nothing")).toBeUndefined();
  },
  async "2-stream-fails"({ stream }) {
    const items: unknown[] = [];
    const read = async (): Promise<void> => {
      for await (const item of stream("countThenFail", 1)) items.push(item);
    };
    expect(await failure(read())).toMatchObject({ name: "RpcError", message: "not today" });
    expect(items).toEqual([0]);
  },
  async "2-stream-from-page"({ call }) {
    expect(await call("total", numbers(1, 2))).toBe(3);
  },
  "2-call-back": askFrontend,
  async "2-get"({ get }) {
    expect(await failure(get("text.upperCase"))).toMatchObject({ name: "MethodNotFound" });
  },
};

async function nothing({ call }: Page): Promise<void> {
  expect(await call("nothing")).toBeUndefined();
}

async function askFrontend({ call }: Page): Promise<void> {
  expect(await call("askFrontend", "sure?")).toBe(true);
}

async function tellAll({ call }: Page, names: readonly string[]): Promise<void> {
  const told: string[] = [];
  expect(await call("tellAll", names, (name: string) => told.push(name))).toBeUndefined();
  expect(told).toEqual(names);
}

const dialogues = pageVectors();

beforeEach(() => {
  vi.spyOn(console, "error").mockReturnValue();
});

afterEach(() => {
  vi.restoreAllMocks();
});

test("each of the page's vectors has its program", () => {
  expect([...dialogues.keys()].sort()).toEqual(Object.keys(programs).sort());
});

describe("the page says what it does in the vector", () => {
  test.each([...dialogues])("%s", async (name, { dialect, chosen, dialogue }) => {
    const names = new Names(chosen);
    const wire = new Wire();
    const program = programs[name]?.(pageOf(name, dialect, wire));
    for (const entry of dialogue) {
      if (!("line" in entry)) throw new Error(`${name} has more than lines`);
      await settle();
      if (entry.from === "worker") {
        wire.say(names.fill(entry.line));
        continue;
      }
      const received: unknown = JSON.parse(wire.written.shift() ?? "null");
      expect(JSON.stringify(names.named(entry.line, received))).toBe(JSON.stringify(entry.line));
    }
    await program;
    await settle();
    expect(wire.written).toEqual([]);
  });
});

interface Line {
  readonly about: string;
  readonly line: string;
  readonly dialect: string;
}

test.each(vectors<Line[]>("kkrpc/lines"))(
  "a page that speaks JSON-RPC does not mind: $about",
  async ({ line }) => {
    const { worker, errors } = connect();
    await settle();
    worker.say(line);
    await settle();
    expect(errors).toEqual([]);
    expect(vi.mocked(console.error)).not.toHaveBeenCalled();
  },
);
