import { fileURLToPath } from "node:url";
import { Command } from "@tauri-apps/plugin-shell";
import type { IOPayload } from "@tauri-apps/plugin-shell";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { TauriShellIo as Io, TauriShellOptions } from "../src/io/tauri-shell.js";
import { ChannelClosed, createChannel } from "../src/index.js";
import type { Channel, CloseReason } from "../src/index.js";
import { DEMO, converse } from "./converse.js";
import { failure, settle } from "./fake-worker.js";
import { receiver } from "./receiver.js";
import { ShellPlugin } from "./shell-plugin.js";
import { closePage, openPage, reload, tell, until } from "./tauri-page.js";

const NODE = fileURLToPath(new URL("worker.mjs", import.meta.url));
const SCOPE = {
  python: DEMO,
  node: [process.execPath, NODE],
  cat: ["cat"],
  hasty: [process.execPath, "-e", "process.exit(7)"],
  nothing: ["/nowhere/python"],
};

let plugin: ShellPlugin;
let TauriShellIo: typeof Io;

beforeEach(async () => {
  openPage();
  plugin = new ShellPlugin(SCOPE);
  await load();
});

/** A page has its modules for itself. */
async function load(): Promise<void> {
  vi.resetModules();
  ({ TauriShellIo } = await import("../src/io/tauri-shell.js"));
}

afterEach(async () => {
  await plugin.quit();
  closePage();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

interface Opened {
  readonly channel: Channel;
  readonly errors: string[];
}

function start(program: keyof typeof SCOPE, options?: TauriShellOptions): Opened {
  const errors: string[] = [];
  const io = new TauriShellIo(Command.create(program), options);
  return { channel: createChannel(io, { onError: ({ message }) => errors.push(message) }), errors };
}

/** A program that takes what it is sent and says it again. */
async function startCat(options?: TauriShellOptions): Promise<{
  readonly io: Io;
  readonly command: Command<string>;
  readonly chunks: string[];
  readonly closed: Promise<CloseReason | undefined>;
}> {
  const command = Command.create("cat");
  const io = new TauriShellIo(command, options);
  const chunks: string[] = [];
  let end: (reason: CloseReason | undefined) => void = () => undefined;
  const closed = new Promise<CloseReason | undefined>((resolve) => (end = resolve));
  const chunk = (text: string): unknown => chunks.push(text);
  await io.open(receiver({ chunk, closed: end }));
  return { io, command, chunks, closed };
}

const SHUTDOWN = 'write {"jsonrpc":"2.0","id":"shutdown","method":"system.shutdown"}';

test("the whole protocol, and an end in its own time", async () => {
  const channel = await converse(new TauriShellIo(Command.create("python")));
  channel.destroy();
  await plugin.endsReach(1);
  expect(plugin.ends).toEqual([{ code: 0, signal: null }]);
  expect(plugin.log.at(-1)).toBe(SHUTDOWN);
});

describe("what the plugin's reader makes of a line", () => {
  test.each<[string, IOPayload[], string]>([
    ["with its newline", ["{}\n"], "{}\n"],
    ["from Windows", ["{}\r\n"], "{}\r\n"],
    ["cut between \\r and \\n, where its buffer ended", ["{}\r", "\n", "[]\n"], "{}\r\n[]\n"],
    ["cut at a \\r within it", ['{"a":\r', "1}\n"], '{"a":\r1}\n'],
    ["the last, which has no newline", ["{}\n", "[]"], "{}\n[]"],
    ["an empty one", ["\n"], "\n"],
    ["bytes, with characters cut in two", [bytes(0xc3), bytes(0x9f, 0x0a)], "ß\n"],
  ])("%s", async (_name, pieces, text) => {
    const { command, chunks } = await startCat();
    for (const piece of pieces) command.stdout.emit("data", piece as string);
    expect(chunks.join("")).toBe(text);
  });

  test("is the same line in the end, with CRLF, as text or as bytes, however it is cut", async () => {
    const lines = Array.from({ length: 3000 }, (_, index) => `{"ß":${index}}`);
    for (const encoding of ["utf-8", "raw"]) {
      let text = "";
      const io = new TauriShellIo(Command.create("cat", [], { encoding }), { graceMs: 0 });
      await io.open(receiver({ chunk: (chunk) => (text += chunk), closed: () => undefined }));
      await io.write(lines.map((line) => `${line}\r\n`).join(""));
      await until(() => text.endsWith("2999}\r\n"));
      expect(text.split("\r\n").slice(0, -1)).toEqual(lines);
      io.destroy();
    }
  });
});

/** As they come: the plugin's types say Uint8Array, its JSON is numbers. */
function bytes(...values: number[]): Uint8Array {
  return values as unknown as Uint8Array;
}

test("writes wait for each other, also those of one who does not: requests overtake each other", async () => {
  const { io, chunks } = await startCat();
  let turns = 5;
  plugin.beforeWrite = async (): Promise<void> => {
    for (let turn = turns--; turn > 0; turn--) await settle(); // Each is quicker than the last.
  };
  const texts = ["1\n", "2\n3\n", "4\n", "5"];
  await Promise.all(texts.map((text) => io.write(text)));
  expect(plugin.log.slice(1)).toEqual(["write 1", "write 2\n3", "write 4", "write 5"]);
  await until(() => chunks.length === 5);
  expect(chunks.join("")).toBe("1\n2\n3\n4\n5\n");
});

describe("a worker that cannot be started", () => {
  test.each([
    [
      "one that the scope lacks",
      "other",
      "program not allowed on the configured shell scope: other",
    ],
    ["a program that is not there", "nothing", "No such file or directory (os error 2)"],
  ])("%s", async (_name, program, message) => {
    const channel = createChannel(new TauriShellIo(Command.create(program)));
    const error = await failure(channel.call("add", [1, 2]));
    expect(error).toBeInstanceOf(ChannelClosed);
    expect(await channel.closed).toEqual({
      message: `The worker could not be started: ${message}`,
    });
  });

  test("a page that may not", async () => {
    plugin.forbidden.add("spawn");
    expect(await start("node").channel.closed).toEqual({
      message: "The worker could not be started: shell.spawn not allowed",
    });
  });
});

test("a page that may not write is told so by each call, and its channel goes on", async () => {
  plugin.forbidden.add("stdin_write");
  const { channel, errors } = start("node");
  const message = "shell.stdin_write not allowed";
  expect(await failure(channel.call("echo", [1]))).toMatchObject({ message });
  expect(errors).toEqual([message]);
  plugin.forbidden.clear();
  expect(await channel.call("echo", [1])).toBe(1);
});

describe("the end of the worker", () => {
  test.each([
    ["an exit", "exit", [3], { exitCode: 3 }],
    ["a signal", "kill", [], { signal: "signal 9" }],
    [
      "an exit with its last words",
      "complain",
      ["Traceback:\nValueError: straße\n", 1],
      { exitCode: 1, stderr: "Traceback:\nValueError: straße" },
    ],
  ])("%s fails what is pending, and is the connection's", async (_name, method, params, how) => {
    for (const isEarly of [false, true]) {
      plugin.isEarly = isEarly;
      const { channel, errors } = start("node");
      expect(await failure(channel.call(method, params))).toBeInstanceOf(ChannelClosed);
      expect(await channel.closed).toEqual({ message: "The worker exited", ...how });
      expect(errors).toEqual([]);
    }
    expect(plugin.log).not.toContain(SHUTDOWN);
    expect(plugin.log).not.toContain("kill");
  });

  test("before the page knows that it has begun", async () => {
    plugin.beforeSpawned = (): Promise<void> => plugin.endsReach(1);
    const { channel } = start("hasty");
    expect(await failure(channel.call("echo", [1]))).toBeInstanceOf(ChannelClosed);
    expect(await channel.closed).toEqual({ message: "The worker exited", exitCode: 7 });
    expect(plugin.log).not.toContain(SHUTDOWN);
  });

  test("bytes on its stderr that are no text are not it", async () => {
    const { command, closed } = await startCat();
    command.stderr.emit("data", "before\n");
    command.emit("error", "invalid utf-8 sequence of 1 bytes from index 3");
    command.emit("close", { code: 1, signal: null });
    expect(await closed).toEqual({
      message: "The worker exited",
      exitCode: 1,
      stderr:
        "before\n(a line that cannot be read: invalid utf-8 sequence of 1 bytes from index 3)",
    });
  });

  test("all else that the plugin cannot do is, and the process is ended", async () => {
    const command = Command.create("python");
    const channel = createChannel(new TauriShellIo(command));
    await channel.call("add", [1, 2]);
    command.emit("error", "Interrupted (os error 4)");
    expect(await channel.closed).toEqual({
      message: "The shell plugin lost the worker: Interrupted (os error 4)",
    });
    await plugin.endsReach(1);
    expect(plugin.ends).toEqual([{ code: 0, signal: null }]);
  });
});

describe("destroyed", () => {
  test("it fails what is pending, and asks the worker to end", async () => {
    const { channel, errors } = start("python");
    await channel.call("add", [1, 2]);
    const pending = failure(channel.call("add", [1, 2]));
    channel.destroy();
    expect(await pending).toMatchObject({ message: "The channel was destroyed" });
    await plugin.endsReach(1);
    expect(plugin.ends).toEqual([{ code: 0, signal: null }]);
    expect(errors).toEqual([]);
  });

  test("it kills one that goes on", async () => {
    const { io } = await startCat({ graceMs: 50 });
    io.destroy();
    await plugin.endsReach(1);
    expect(plugin.ends).toEqual([{ code: null, signal: "SIGKILL" }]);
    expect(plugin.log.slice(1)).toEqual([SHUTDOWN, "kill"]);
  });

  test("it does not kill what may have another's number by now", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const { io, command } = await startCat();
    io.destroy();
    command.emit("close", { code: 0, signal: null });
    expect(vi.getTimerCount()).toBe(1); // What tells the end; nobody listens.
  });

  test("while it is started, it ends what comes of it", async () => {
    const io = new TauriShellIo(Command.create("python"));
    const opening = io.open(receiver({}));
    io.destroy();
    await opening;
    await plugin.endsReach(1);
    expect(plugin.ends).toEqual([{ code: 0, signal: null }]);
  });

  test("while writes wait, it writes none of those that have not begun", async () => {
    const { io } = await startCat({ graceMs: 50 });
    let go: (value: unknown) => void = () => undefined;
    const held = new Promise((resolve) => (go = resolve));
    plugin.beforeWrite = (): Promise<unknown> => held;
    const writes = ["1\n", "2\n", "3\n"].map((text) => io.write(text));
    await settle();
    io.destroy();
    go(undefined);
    await Promise.all(writes);
    await plugin.endsReach(1);
    expect(plugin.log.filter((entry) => /^write \d/.test(entry))).toEqual(["write 1"]);
  });

  test("it hears nothing any more", async () => {
    const { io, command, chunks } = await startCat({ graceMs: 0 });
    io.destroy();
    command.stdout.emit("data", "late\n");
    expect(chunks).toEqual([]);
  });
});

describe("a reload ends no process, so", () => {
  // As in reality: what the worker says to the page before is for nobody.
  beforeEach(() => void vi.spyOn(console, "warn").mockReturnValue());

  /** The next page's. */
  async function reloaded(...page: Parameters<typeof start>): Promise<Channel> {
    reload();
    await load();
    return start(...page).channel;
  }

  test("the next page does, and has one of its own", async () => {
    await start("python").channel.call("add", [1, 2]);
    const channel = await reloaded("python");
    expect(await channel.call("add", [1, 2])).toBe(3);
    await plugin.endsReach(1);
    expect(await channel.call("add", [1, 2])).toBe(3);
    channel.destroy();
    await plugin.endsReach(2);
    expect(plugin.ends).toEqual(Array(2).fill({ code: 0, signal: null }));
    expect(plugin.log).not.toContain("kill");
  });

  test("the page after that does what the next one had no time for", async () => {
    await startCat();
    await reloaded("nothing");
    await until(() => plugin.log.includes(SHUTDOWN));
    await reloaded("nothing", { graceMs: 50 });
    await plugin.endsReach(1);
    expect(plugin.ends).toEqual([{ code: null, signal: "SIGKILL" }]);
  });

  test("a page leaves none that has ended", async () => {
    await failure(start("node").channel.call("exit", [0]));
    plugin.beforeSpawned = (): Promise<void> => plugin.endsReach(2);
    await start("hasty").channel.closed;
    plugin.beforeSpawned = settle;
    const next = await reloaded("node");
    expect(await next.call("echo", [1])).toBe(1);
    expect(plugin.log).not.toContain(SHUTDOWN);
  });

  test("a page leaves those of each copy of this that it has", async () => {
    await start("python").channel.call("add", [1, 2]);
    await load();
    await start("python").channel.call("add", [1, 2]);
    await reloaded("nothing");
    await plugin.endsReach(2);
    expect(plugin.log).not.toContain("kill");
  });

  test("a page that comes back from the browser's memory takes its own back", async () => {
    const { io } = await startCat({ graceMs: 0 });
    tell("pagehide");
    tell("pageshow");
    expect(await start("node").channel.call("echo", [1])).toBe(1);
    expect(plugin.log).not.toContain(SHUTDOWN);
    io.destroy();
  });

  test("a page that may not store anything goes without", async () => {
    vi.stubGlobal("sessionStorage", undefined);
    const { channel } = start("node");
    expect(await channel.call("echo", [1])).toBe(1);
    tell("pagehide");
  });
});
