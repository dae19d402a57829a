import { fileURLToPath } from "node:url";
import { invoke } from "@tauri-apps/api/core";
import { emit } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TauriPluginJsIo } from "../src/io/tauri-plugin-js.js";
import { ChannelClosed, createChannel } from "../src/index.js";
import type { Channel } from "../src/index.js";
import { DEMO, converse } from "./converse.js";
import { failure, settle } from "./fake-worker.js";
import { JsPlugin } from "./js-plugin.js";
import { receiver } from "./receiver.js";
import { closePage, openPage, reload, until } from "./tauri-page.js";

const NODE = [process.execPath, fileURLToPath(new URL("worker.mjs", import.meta.url))] as const;

let plugin: JsPlugin;

beforeEach(() => {
  openPage();
  plugin = new JsPlugin();
});

afterEach(async () => {
  await plugin.quit();
  closePage();
  vi.restoreAllMocks();
});

interface Opened {
  readonly io: TauriPluginJsIo;
  readonly chunks: string[];
}

async function opened(name = "worker"): Promise<Opened> {
  const io = new TauriPluginJsIo(name);
  const chunks: string[] = [];
  await io.open(receiver({ chunk: (text) => chunks.push(text) }));
  return { io, chunks };
}

function connect(io: TauriPluginJsIo): { readonly channel: Channel; readonly errors: string[] } {
  const errors: string[] = [];
  return { channel: createChannel(io, { onError: ({ message }) => errors.push(message) }), errors };
}

function node(): TauriPluginJsIo {
  const [command, ...args] = NODE;
  return new TauriPluginJsIo("worker", { command, args });
}

test("the whole protocol", async () => {
  const [command, ...args] = DEMO;
  const channel = await converse(new TauriPluginJsIo("worker", { command, args }));
  expect(plugin.lines.some((line) => line.endsWith("\n"))).toBe(false);
  channel.destroy();
});

describe("lines", () => {
  test.each([
    ["a line that the plugin stripped", "{}", "{}\n"],
    ["an empty line", "", "\n"],
  ])("%s ends with a newline", async (_name, data, chunk) => {
    const { chunks } = await opened();
    await emit("js-process-stdout", { name: "worker", data });
    expect(chunks).toEqual([chunk]);
  });

  test("of other processes are theirs", async () => {
    const [one, two] = [await opened("one"), await opened("two")];
    await emit("js-process-stdout", { name: "one", data: "1" });
    await emit("js-process-stdout", { name: "two", data: "2" });
    expect([one.chunks, two.chunks]).toEqual([["1\n"], ["2\n"]]);
  });

  test("are written one chunk after the other, whole: requests overtake each other", async () => {
    plugin.start("worker", "cat");
    const { io, chunks } = await opened();
    let turns = 4;
    plugin.beforeWrite = async (): Promise<void> => {
      for (let turn = turns--; turn > 0; turn--) await settle(); // Each is quicker than the last.
    };
    await Promise.all(["1\n", "2\n3\n", "4"].map((text) => io.write(text)));
    const written = plugin.log.map((entry) => entry.replace("write_stdin worker ", ""));
    expect(written).toEqual(["1", "2\n3", "4"]);
    await until(() => chunks.length === 4);
    expect(chunks).toEqual(["1\n", "2\n", "3\n", "4\n"]);
    io.destroy();
  });
});

describe("the process", () => {
  test("can be one that the app has started, or will", async () => {
    const { channel, errors } = connect(new TauriPluginJsIo("worker"));
    const message = "process not found: worker";
    expect(await failure(channel.call("echo", [1]))).toMatchObject({ message });
    expect(errors).toEqual([message]);
    plugin.start("worker", ...NODE);
    await until(() => channel.state === "ready");
    expect(await channel.call("echo", [1])).toBe(1);
  });

  test("is started by the first window, and shared by all", async () => {
    const channels = [connect(node()).channel, connect(node()).channel];
    const pids = await Promise.all(channels.map((channel) => channel.call("pid")));
    expect(pids[0]).toBe(pids[1]);
    channels[0]?.destroy();
    expect(await channels[1]?.call("pid")).toBe(pids[0]);
    expect(plugin.log.filter((entry) => entry === "spawn worker")).toHaveLength(2);
    expect(plugin.log).not.toContain("kill worker");
  });

  test("outlives a reload", async () => {
    // As in reality: what the worker says to the page before is for nobody.
    vi.spyOn(console, "warn").mockReturnValue();
    const pid = await connect(node()).channel.call("pid");
    reload();
    expect(await connect(node()).channel.call("pid")).toBe(pid);
  });

  test("that cannot be started closes the channel, with the reason", async () => {
    const { channel } = connect(new TauriPluginJsIo("worker", { command: "/nowhere/python" }));
    expect(await channel.closed).toEqual({
      message: "The worker could not be started: No such file or directory (os error 2)",
    });
  });

  test("that exits is told of, with its last words; another can take its place", async () => {
    const { channel, errors } = connect(node());
    const error = await failure(channel.call("complain", ["Traceback:\nValueError: x\n", 1]));
    expect(error).toBeInstanceOf(ChannelClosed);
    expect(error).toMatchObject({
      reason: {
        message: "The worker exited",
        exitCode: 1,
        stderr: "Traceback:\nValueError: x",
      },
    });
    expect(errors).toHaveLength(1);
    plugin.start("worker", ...NODE);
    await until(() => channel.state === "ready");
    expect(await channel.call("echo", [1])).toBe(1);
  });

  test("that a signal ended has no exit code", async () => {
    const { channel } = connect(node());
    expect(await failure(channel.call("kill"))).toMatchObject({
      reason: { message: "The worker exited" },
    });
  });

  test("that the plugin killed is told of by the next write", async () => {
    const { channel } = connect(node());
    await channel.call("echo", [1]);
    const pending = failure(channel.call("closeStdout"));
    await settle();
    await invoke("plugin:js|kill", { name: "worker" });
    expect(await failure(channel.call("echo", [1]))).toMatchObject({
      message: "process not found: worker",
    });
    expect(await pending).toBeInstanceOf(ChannelClosed);
  });

  test("of another name that exits is no concern", async () => {
    await opened();
    await emit("js-process-exit", { name: "other", code: 1 });
  });
});

describe("destroyed", () => {
  test("it fails what is pending, lets go of its events, and leaves the process", async () => {
    const io = node();
    const { channel } = connect(io);
    await channel.call("echo", [1]);
    const pending = failure(channel.call("linger"));
    channel.destroy();
    expect(await pending).toMatchObject({ message: "The channel was destroyed" });
    await until(() => io.isDestroyed);
    await settle();
    expect(window.__TAURI_INTERNALS__.callbacks.size).toBe(0);
    expect(plugin.log).not.toContain("kill worker");
  });

  test("while writes wait, it writes none of those that have not begun", async () => {
    plugin.start("worker", "cat");
    const { io } = await opened();
    let go: (value: unknown) => void = () => undefined;
    const held = new Promise((resolve) => (go = resolve));
    plugin.beforeWrite = (): Promise<unknown> => held;
    const writes = ["1\n", "2\n"].map((text) => io.write(text));
    await settle();
    io.destroy();
    go(undefined);
    await Promise.all(writes);
    expect(plugin.log).toEqual(["write_stdin worker 1"]);
  });
});

test("a page that may not listen gets a channel that is closed for that reason", async () => {
  mockIPC(() => {
    throw "event.listen not allowed";
  });
  const { channel } = connect(new TauriPluginJsIo("worker"));
  expect(await channel.closed).toEqual({ message: "event.listen not allowed" });
});
