/** The beginning and the end of a page's session (protocol, section 3). */

import { afterEach, describe, expect, test, vi } from "vitest";
import { createChannel } from "../src/index.js";
import { Scope, linkOf } from "../src/link.js";
import { HELLO, connect, failure, settle } from "./fake-worker.js";

/** A page of a browser tab, as far as a session sees it. */
class Page {
  readonly stored: Map<string, string>;
  readonly #listeners: [type: string, listener: () => void][] = [];

  /** A tab that is duplicated begins with what the other one stores. */
  constructor(stored: Iterable<[string, string]> = []) {
    this.stored = new Map(stored);
  }

  show(): this {
    vi.unstubAllGlobals();
    vi.stubGlobal("sessionStorage", {
      getItem: (key: string) => this.stored.get(key) ?? null,
      setItem: (key: string, value: string) => this.stored.set(key, value),
      removeItem: (key: string) => this.stored.delete(key),
    });
    vi.stubGlobal("addEventListener", (type: string, listener: () => void) =>
      this.#listeners.push([type, listener]),
    );
    return this;
  }

  dispatch(type: string): void {
    for (const [of, listener] of this.#listeners) if (of === type) listener();
  }

  /** The window that a new channel says hello with. */
  async window(): Promise<string | undefined> {
    const { params } = await connect().worker.message();
    return (params as { window?: string }).window;
  }
}

describe("the window's name", () => {
  const forget = (): void => {
    for (const name of ["window", "windows"])
      Reflect.deleteProperty(globalThis, Symbol.for(`rpc-worker.${name}`));
  };
  afterEach(() => {
    vi.unstubAllGlobals();
    forget();
  });

  test("is the same after a reload; channels of one page are told apart", async () => {
    const page = new Page().show();
    const name = await page.window();
    expect(name).toMatch(/^[\w-]{10}$/);
    expect(await page.window()).toBe(`${name}#2`);
    page.dispatch("pagehide");
    forget();
    const reloaded = new Page(page.stored).show();
    expect([await reloaded.window(), await reloaded.window()]).toEqual([name, `${name}#2`]);
  });

  test("is not copied into a tab that is duplicated", async () => {
    const page = new Page().show();
    const name = await page.window();
    forget();
    expect(await new Page(page.stored).show().window()).not.toBe(name);
    page.dispatch("pagehide");
    forget();
    const reloaded = new Page(page.stored).show();
    expect(await reloaded.window()).toBe(name);
    forget();
    expect(await new Page(reloaded.stored).show().window()).not.toBe(name);
  });

  test("nor when the page has come back from the browser's cache", async () => {
    const page = new Page().show();
    await page.window();
    page.dispatch("pagehide");
    expect(page.stored.size).toBe(1);
    page.dispatch("pageshow");
    expect(page.stored.size).toBe(0);
  });

  test("is left out where sessionStorage is forbidden", async () => {
    const page = new Page().show();
    vi.stubGlobal("sessionStorage", {
      getItem: () => {
        throw new Error("SecurityError");
      },
    });
    expect(await page.window()).toBeUndefined();
  });
});

describe("the end of a session", () => {
  test("is told when the channel is destroyed, before the transport closes", async () => {
    const { channel, worker } = connect();
    const session = await worker.greet();
    channel.destroy();
    expect(await worker.line()).toBe(
      `{"jsonrpc":"2.0","session":"${session}","method":"$/endSession","params":{"session":"${session}"}}`,
    );
  });

  test("is told in the place of what was not written yet", async () => {
    const { channel, worker } = connect();
    await worker.greet();
    const call = failure(channel.call("a"));
    channel.destroy();
    expect(await call).toMatchObject({ name: "ChannelClosed" });
    expect(await worker.message()).toMatchObject({ method: "$/endSession" });
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test("is not told to a worker that did not start", async () => {
    const { channel, worker } = connect();
    await worker.line();
    worker.notify("$/fatal", { message: "2 misfits" });
    await settle();
    channel.destroy();
    await settle();
    expect(worker.unread).toEqual([]);
  });

  test.each([
    ["waits for the write that is under way", 99, false],
    ["waits no longer than 100 ms", 100, true],
  ])("destroy %s", async (_name, ms, closes) => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const close = vi.fn();
    const channel = createChannel({
      open: () => undefined,
      write: () => new Promise(() => undefined),
      close,
    });
    await settle();
    channel.destroy();
    await settle();
    vi.advanceTimersByTime(ms);
    await settle();
    expect(close).toHaveBeenCalledTimes(closes ? 1 : 0);
    vi.useRealTimers();
  });

  const ends: [
    name: string,
    end: (fixture: ReturnType<typeof connect>, session: string) => void,
  ][] = [
    ["a new worker", ({ worker }) => worker.notify("$/ready", { ...HELLO, instance: "i2" })],
    [
      "a new worker, in an answer to hello",
      ({ worker }, session) => worker.answer(`${session}:0`, { ...HELLO, instance: "i2" }),
    ],
    ["the worker has ended it", ({ worker }, s) => worker.refuse(`${s}:9`, -32002, "ended")],
    ["the worker did not start", ({ worker }) => worker.notify("$/fatal", { message: "no" })],
    ["the connection is closed", ({ worker }) => worker.close()],
    ["destroyed", ({ channel }) => channel.destroy()],
  ];
  test.each(ends)("voids what belongs to it, once: %s", async (_name, end) => {
    const fixture = connect();
    const session = await fixture.worker.greet();
    await settle();
    const lost = vi.fn();
    const link = linkOf(fixture.channel);
    link.onLost(lost);
    link.onLost(() => undefined)();
    end(fixture, session);
    await settle();
    expect(lost.mock.calls).toEqual([[expect.any(Error)]]);
  });

  test("what waits for the first worker is not void when that is ready", async () => {
    const { channel, worker } = connect();
    const lost = vi.fn();
    linkOf(channel).onLost(lost);
    await worker.line();
    worker.notify("$/ready", HELLO);
    await worker.greet();
    await settle();
    expect(lost).not.toHaveBeenCalled();
  });

  test("a listener that throws keeps none from being told", async () => {
    const { channel, worker, errors } = connect();
    await worker.greet();
    const lost = vi.fn();
    const link = linkOf(channel);
    link.onLost(() => {
      throw new Error("mine");
    });
    link.onLost(lost);
    channel.destroy();
    await settle();
    expect(lost).toHaveBeenCalledTimes(1);
    expect(errors).toEqual([new Error("mine")]);
  });
});

test("a notification carries the session, and is not sent while nobody is there", async () => {
  const { channel, worker } = connect();
  const link = linkOf(channel);
  link.notify("$/x", [1]);
  const session = await worker.greet();
  await settle();
  link.notify("$/x", [2]);
  expect(await worker.line()).toBe(
    `{"jsonrpc":"2.0","session":"${session}","method":"$/x","params":[2]}`,
  );
});

test.each([
  ["whose params JSON cannot hold", [NaN], {}],
  ["that is aborted already", [], { signal: AbortSignal.abort() }],
  ["with a bad deadline", [], { timeoutMs: -1 }],
])("a request %s ends what was attached to it", async (_name, params, options) => {
  const scope = new Scope();
  const link = linkOf(connect().channel);
  await failure(link.call("a", params, { ...options, scope }));
  expect(scope.ended).toBe(true);
});
