import { fileURLToPath } from "node:url";
import { Command } from "@tauri-apps/plugin-shell";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { kkrpcPlatform } from "../src/io/kkrpc-platform.js";
import type { KkrpcPlatform } from "../src/io/kkrpc-platform.js";
import { NodeProcessIo } from "../src/io/node.js";
import { TauriShellIo } from "../src/io/tauri-shell.js";
import { ChannelClosed } from "../src/index.js";
import type { Receiver, Transport } from "../src/index.js";
import { failure, settle } from "./fake-worker.js";
import { Kkrpc2Channel } from "./kkrpc2.js";
import type { Platform } from "./kkrpc2.js";
import { ShellPlugin } from "./shell-plugin.js";
import { closePage, openPage } from "./tauri-page.js";

const WORKER = [
  process.execPath,
  fileURLToPath(new URL("kkrpc2-worker.mjs", import.meta.url)),
] as const;

let plugin: ShellPlugin;

beforeEach(() => {
  openPage();
  plugin = new ShellPlugin({ worker: WORKER });
});

afterEach(async () => {
  await plugin.quit();
  closePage();
});

describe.each<[string, () => Transport]>([
  ["a child process", () => new NodeProcessIo(WORKER[0], [WORKER[1]], { forwardStderr: false })],
  ["the shell plugin", () => new TauriShellIo(Command.create("worker"), { graceMs: 0 })],
])("over %s, what calls like kkrpc 2 reaches what answers like it", (_name, start) => {
  test("calls, errors and callbacks, many at once, until it is destroyed", async () => {
    const channel = new Kkrpc2Channel(kkrpcPlatform(start()));
    expect(await channel.call("add", 1, 2)).toBe(3);
    const text = "straße \u2028 \ud83d\ude00 ".repeat(10_000);
    expect(await channel.call("echo", text)).toBe(text);
    expect(await failure(channel.call("fail", "no such file"))).toMatchObject({
      name: "TypeError",
      message: "no such file",
    });
    const values: unknown[] = [];
    const each = channel.call("each", [1, 2, 3], (value: unknown) => values.push(value));
    expect(await each).toBe(3);
    expect(values).toEqual([1, 2, 3]);
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    const sums = await Promise.all(numbers.map((number) => channel.call("add", number, 1)));
    expect(sums).toEqual(numbers.map((number) => number + 1));
    const pending = failure(channel.call("echo", 1));
    channel.destroy();
    expect(await pending).toMatchObject({ message: "destroyed" });
  });

  test("the end of the worker fails what is pending, and what comes after", async () => {
    const channel = new Kkrpc2Channel(kkrpcPlatform(start()));
    const error = await failure(channel.call("exit", 3));
    expect(error).toBeInstanceOf(ChannelClosed);
    expect(error).toMatchObject({ reason: { message: "The worker exited", exitCode: 3 } });
    expect(await failure(channel.call("echo", 1))).toBe(error);
    channel.destroy();
  });
});

/** A transport of which a test is the other end. */
class Wire implements Transport {
  readonly written: string[] = [];
  /** Settle the writes, in their order. */
  readonly settling: { readonly resolve: () => void; readonly reject: (error: Error) => void }[] =
    [];
  readonly open = vi.fn((receiver: Receiver): void | Promise<void> => {
    this.receiver = receiver;
  });
  readonly close = vi.fn();
  receiver!: Receiver;

  write(chunk: string): Promise<void> {
    this.written.push(chunk);
    return new Promise((resolve, reject) => this.settling.push({ resolve, reject }));
  }
}

function subscribed(): { wire: Wire; platform: KkrpcPlatform; lines: string[] } {
  const wire = new Wire();
  const platform: Platform & KkrpcPlatform = kkrpcPlatform(wire);
  const lines: string[] = [];
  platform.subscribe((line) => lines.push(line));
  return { wire, platform, lines };
}

describe("lines", () => {
  test("come whole, however the text does; what cannot be kkrpc's is left out", () => {
    const { wire, lines } = subscribed();
    for (const text of ['{"t"', ':"r"}\r', '\n\n{}\n{"x":1}\nTraceback\n[1]\n', '{"y"'])
      wire.receiver.chunk(text);
    expect(lines).toEqual(['{"t":"r"}\n', "{}\n", '{"x":1}\n']);
  });

  test("go to all who subscribed, whatever one of them throws, until they do no more", () => {
    const error = vi.spyOn(console, "error").mockReturnValue();
    const { wire, platform, lines } = subscribed();
    platform.subscribe(() => {
      throw new Error("mine");
    });
    const later: string[] = [];
    const unsubscribe = platform.subscribe((line) => later.push(line));
    wire.receiver.chunk("{1}\n");
    unsubscribe();
    wire.receiver.chunk("{2}\n");
    expect([lines, later]).toEqual([["{1}\n", "{2}\n"], ["{1}\n"]]);
    expect(error.mock.calls.map(String)).toEqual(["Error: mine", "Error: mine"]);
    error.mockRestore();
  });

  test("are written one after the other, each with one newline; one that fails fails by itself", async () => {
    const { wire, platform } = subscribed();
    const [first, ...others] = ["{1}\n", "{2}", "{3}\n"].map((line) => platform.send(line));
    const failed = failure(first as Promise<void>);
    for (let count = 1; count <= 3; count++) {
      await settle();
      expect(wire.written).toEqual(["{1}\n", "{2}\n", "{3}\n"].slice(0, count));
      if (count === 1) wire.settling[0]?.reject(new Error("too bad"));
      else wire.settling[count - 1]?.resolve();
    }
    expect(await failed).toMatchObject({ message: "too bad" });
    await Promise.all(others);
  });
});

describe("the transport", () => {
  test("is opened once, by who comes first, and written to when it is open", async () => {
    const wire = new Wire();
    let opened: () => void = () => undefined;
    wire.open.mockReturnValue(new Promise<void>((resolve) => (opened = resolve)));
    const platform = kkrpcPlatform(wire);
    expect(wire.open).not.toHaveBeenCalled();
    void platform.send("{}\n");
    platform.subscribe(() => undefined);
    await settle();
    expect(wire.written).toEqual([]);
    opened();
    await settle();
    expect(wire.written).toEqual(["{}\n"]);
    expect(wire.open).toHaveBeenCalledTimes(1);
  });

  test("that cannot be opened fails what is sent, and who listens to the end", async () => {
    const wire = new Wire();
    wire.open.mockRejectedValue(new Error("not allowed"));
    const platform = kkrpcPlatform(wire);
    const ends: unknown[] = [];
    platform.onClose((reason) => ends.push(reason));
    const error = await failure(platform.send("{}\n"));
    expect(error).toMatchObject({ message: "not allowed" });
    expect(ends).toEqual([error]);
  });

  test("that ends says so once, also to who listens too late, and not to who does no more", async () => {
    const { wire, platform } = subscribed();
    const ends: unknown[] = [];
    platform.onClose((reason) => ends.push(reason));
    platform.onClose(() => ends.push("unwanted"))();
    wire.receiver.closed({ message: "over", exitCode: 1 });
    wire.receiver.closed({ message: "again" });
    await settle();
    expect(ends.map(String)).toEqual(["ChannelClosed: over (exit code 1)"]);
    platform.onClose((reason) => ends.push(reason));
    await settle();
    expect(ends[1]).toBe(ends[0]);
    expect(await failure(platform.send("{}\n"))).toBe(ends[0]);
    wire.receiver.closed();
    platform.close();
    await settle();
    expect(wire.close).toHaveBeenCalledTimes(1);
  });

  test("whose worker exited ends when its last lines have come", async () => {
    const { wire, platform, lines } = subscribed();
    const end = new Promise<void>((resolve) =>
      platform.onClose((reason) => resolve(void lines.push(String(reason)))),
    );
    wire.receiver.exited({ message: "The worker exited", exitCode: 0 });
    await settle();
    wire.receiver.chunk("{last}\n");
    await end;
    expect(lines).toEqual(["{last}\n", "ChannelClosed: The worker exited (exit code 0)"]);
  });

  test("that is closed from here tells nobody, and is closed once", async () => {
    const { wire, platform } = subscribed();
    const told = vi.fn();
    platform.onClose(told);
    platform.close();
    platform.close();
    wire.receiver.closed({ message: "over" });
    platform.onClose(told);
    await settle();
    expect(told).not.toHaveBeenCalled();
    expect(wire.close).toHaveBeenCalledTimes(1);
    expect(await failure(platform.send("{}\n"))).toMatchObject({
      message: "The channel was destroyed",
    });
    expect(wire.written).toEqual([]);
  });
});
