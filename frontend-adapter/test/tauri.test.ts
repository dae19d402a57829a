import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { backend } from "../generated/backend.js";
import type { Backend } from "../generated/backend.js";
import { TauriIo, listRuntimes, listWorkers } from "../src/io/tauri.js";
import type { TauriOptions } from "../src/io/tauri.js";
import {
  ChannelClosed,
  ErrorCode,
  SessionEnded,
  WorkerStartError,
  createChannel,
  createClient,
} from "../src/index.js";
import type { Channel, Descriptor } from "../src/index.js";
import { DEMO, converse } from "./converse.js";
import { failure, settle } from "./fake-worker.js";
import { receiver } from "./receiver.js";
import { closePage, openPage, reload, until } from "./tauri-page.js";
import { WorkerPlugin } from "./worker-plugin.js";
import type { Invoked } from "./worker-plugin.js";

const NODE = fileURLToPath(new URL("worker.mjs", import.meta.url));
const MI = 1024 * 1024;

let plugin: WorkerPlugin;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(`${tmpdir()}/rpc-worker-`);
  openPage();
  plugin = new WorkerPlugin({
    python: DEMO,
    node: [process.execPath, NODE],
    cat: ["cat"],
    hasty: [process.execPath, "-e", "console.error('no module'); process.exit(7)"],
    script: [process.execPath, `${folder}/worker.mjs`],
    nothing: ["/nowhere/python"],
  });
});

afterEach(async () => {
  vi.useRealTimers();
  await plugin.quit();
  closePage();
  rmSync(folder, { recursive: true });
  vi.restoreAllMocks();
});

interface Opened {
  readonly io: TauriIo;
  readonly channel: Channel;
  readonly errors: Error[];
}

function open(worker: string, options?: TauriOptions): Opened {
  const io = new TauriIo(worker, options);
  const errors: Error[] = [];
  return { io, channel: createChannel(io, { onError: (error) => errors.push(error) }), errors };
}

async function ready(worker: string, options?: TauriOptions): Promise<Opened> {
  const opened = open(worker, options);
  await until(() => opened.channel.state === "ready");
  return opened;
}

function client(channel: Channel): Backend {
  return createClient(backend as Descriptor<Backend>, channel);
}

/** The session in the hello that this text is. */
function greeting(text: string | undefined): string | undefined {
  return /"id":"(\w+):0","method":"system.hello"/.exec(text ?? "")?.[1];
}

function names(): string[] {
  return plugin.invoked.map(({ name }) => name);
}

test("the whole protocol", async () => {
  const channel = await converse(new TauriIo("python"));
  channel.destroy();
});

describe("output", () => {
  test.each([
    ["a line, as text", "straße \u2028 \ud83d\ude00", "text"],
    ["many bytes, as bytes", "ß".repeat(8192), "bytes"],
    ["what begins like a BOM", "\ufeff".repeat(4096), "bytes"],
    ["16 MiB", "0123456789abcde\n".repeat(MI), "bytes"],
  ])("%s", async (_name, text, kind) => {
    const { channel } = await ready("python");
    const sent = vi.spyOn(plugin.page, "take");
    expect((await client(channel).echo(text)) === text).toBe(true);
    const messages = sent.mock.calls.map(([, sent]) => (sent as { message: unknown }).message);
    const kinds = messages.map((message) => (message instanceof ArrayBuffer ? "bytes" : "text"));
    expect(kinds).toEqual([kind]);
  });

  test("1,000 calls at once cross in few messages", async () => {
    const { channel } = await ready("python");
    const worker = client(channel);
    const before = plugin.invoked.length;
    const sent = vi.spyOn(plugin.page, "take");
    const numbers = Array.from({ length: 1000 }, (_, index) => index);
    const sums = await Promise.all(numbers.map((number) => worker.add(number, 1)));
    expect(sums).toEqual(numbers.map((number) => number + 1));
    expect(plugin.invoked.length - before).toBe(1);
    expect(sent.mock.calls.length).toBeLessThan(250);
  });
});

describe("writes", () => {
  test("begin when the session is attached, on a channel of its own", async () => {
    await ready("node");
    expect(names().slice(0, 2)).toEqual(["attach", "write"]);
    const [attach, write] = plugin.calls();
    expect(attach).toEqual({
      worker: "node",
      session: greeting(write?.text),
      channel: expect.stringMatching(/^__CHANNEL__:\d+$/),
    });
  });

  test("wait for each other: requests overtake each other", async () => {
    const chunks: string[] = [];
    const io = new TauriIo("cat");
    await io.open(receiver({ chunk: (text) => chunks.push(text) }));
    let turns = 6;
    plugin.before = async (): Promise<void> => {
      for (let turn = turns--; turn > 0; turn--) await settle(); // Each is quicker than the last.
    };
    await Promise.all(["1\n", "2\n3\n", "4"].map((text) => io.write(text, "S")));
    expect(plugin.calls("write").map(({ text }) => text)).toEqual(["1\n", "2\n3\n", "4\n"]);
    await until(() => chunks.join("") === "1\n2\n3\n4\n");
    io.destroy();
  });

  test.each([
    ["a short text is JSON", 64 * 1024 - 1, undefined],
    ["a long one bytes, with the names beside them", 64 * 1024, { worker: "cat", session: "S" }],
  ])("%s", async (_name, length, headers) => {
    let text = "";
    const io = new TauriIo("cat");
    await io.open(receiver({ chunk: (chunk) => (text += chunk) }));
    const line = `${"ß".repeat(length - 1)}\n`;
    await io.write(line, "S");
    const write = plugin.invoked.find(({ name }) => name === "write");
    expect(write?.headers).toEqual(headers);
    expect(write?.args instanceof Uint8Array).toBe(headers !== undefined);
    await until(() => text.length === length);
    expect(text === line).toBe(true);
    io.destroy();
  });
});

describe("credit", () => {
  const mebibytes = (count: number): string[] =>
    Array.from({ length: count }, (_, index) => String(index % 10).repeat(MI));

  test("is given back for what was taken: who takes it never runs dry", async () => {
    plugin.settings.limit = 3 * MI;
    plugin.settings.patienceMs = 5000;
    const { channel } = await ready("python");
    const worker = client(channel);
    const texts = mebibytes(24);
    const echoes = await Promise.all(texts.map((text) => worker.echo(text)));
    expect(echoes.every((echo, index) => echo === texts[index])).toBe(true);
    const { letGo, attached } = plugin.worker("python");
    expect(letGo).toEqual([]);
    await until(() => (attached[0]?.out ?? MI) < MI);
    const counts = plugin.calls("credit").map(({ received }) => received ?? 0);
    expect(counts.length).toBeGreaterThan(1);
    expect(counts).toEqual([...new Set(counts)].sort((a, b) => a - b));
  });

  test("counts each message of the channel, whatever it is", async () => {
    const { channel } = await ready("python");
    const sent = vi.spyOn(plugin.page, "take");
    await client(channel).echo("x".repeat(MI));
    await until(() => plugin.calls("credit").length === 1);
    const [{ index }] = sent.mock.calls
      .map(([, message]) => message as { index: number })
      .slice(-1) as [{ index: number }];
    expect(plugin.calls("credit")[0]?.received).toBe(index + 1);
    expect(plugin.worker("python").attached[0]?.out).toBe(0);
  });

  test("that gets lost is made up for by the next", async () => {
    const { channel } = await ready("python");
    const worker = client(channel);
    plugin.forbidden.add("credit");
    for (const text of mebibytes(2)) await worker.echo(text);
    plugin.forbidden.clear();
    for (const text of mebibytes(1)) await worker.echo(text);
    await until(() => plugin.worker("python").attached[0]?.out === 0);
  });

  test("a page that hangs is given none; it takes up again where it was, if that was short", async () => {
    plugin.settings.limit = 2 * MI;
    const { channel } = await ready("python");
    const worker = client(channel);
    plugin.page.hang();
    const echoes = Promise.all(mebibytes(8).map((text) => worker.echo(text)));
    await until(() => (plugin.worker("python").attached[0]?.out ?? 0) > 2 * MI);
    expect(plugin.calls("credit")).toEqual([]);
    plugin.page.resume();
    expect((await echoes).map(({ length }) => length)).toEqual(Array(8).fill(MI));
    expect(plugin.worker("python").letGo).toEqual([]);
  });
});

describe("a window that was let go", () => {
  test("has a new session when it comes back, on a new channel", async () => {
    const { channel, errors } = await ready("python");
    plugin.settings.limit = MI;
    plugin.settings.patienceMs = 0;
    plugin.page.hang();
    const calls = [1, 2].map(() => channel.call("echo", ["x".repeat(MI)]));
    const lost = failure(calls[1] as Promise<unknown>);
    await until(() => plugin.worker("python").letGo.length === 1);
    plugin.page.resume();
    expect(await calls[0]).toHaveLength(MI); // This had come before.
    const error = await lost;
    expect(error).toBeInstanceOf(SessionEnded);
    expect(error).toMatchObject({ message: "The window took none of 64 MiB for 5 s" });
    expect(await channel.call("add", [1, 2])).toBe(3);
    const [first, second] = plugin.calls("attach");
    expect(plugin.worker("python").letGo).toEqual([first?.session]);
    expect(second?.session).not.toBe(first?.session);
    expect(second?.channel).not.toBe(first?.channel);
    expect(plugin.calls("write").map(({ text }) => greeting(text))).toContain(second?.session);
    expect(plugin.calls("detach")).toEqual([]);
    expect(errors).toEqual([]);
  });

  test("learns it by its next write, if another page was to be loaded and was not", async () => {
    const { channel, errors } = await ready("node");
    plugin.pageLoads();
    const error = await failure(channel.call("pid"));
    expect(error).toBeInstanceOf(SessionEnded);
    expect(error).toMatchObject({
      message: "The plugin has ended this page's session; a new one was begun",
    });
    expect(await channel.call("pid")).toBe(plugin.worker("node").status.pid);
    expect(plugin.calls("attach")).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  test("is let go once, however it learns it", async () => {
    const { channel, errors } = await ready("node");
    plugin.page.hang();
    const [attached] = plugin.worker("node").attached;
    const message = "The window took none of 64 MiB for 5 s";
    attached?.send({ type: "detached", session: attached.session, message });
    plugin.pageLoads();
    const pending = failure(channel.call("pid"));
    await until(() => plugin.calls("attach").length === 2);
    plugin.page.resume();
    expect(await pending).toBeInstanceOf(SessionEnded);
    expect(await channel.call("pid")).toBe(plugin.worker("node").status.pid);
    expect(plugin.calls("attach")).toHaveLength(2);
    expect(errors).toEqual([]);
  });

  test("is told nothing any more by its old channel", async () => {
    const { channel } = await ready("node");
    const states = vi.fn();
    const [attached] = plugin.worker("node").attached;
    const message = "The window took none of 64 MiB for 5 s";
    attached?.send({ type: "detached", session: attached.session, message });
    attached?.send('{"jsonrpc":"2.0","method":"$/fatal","params":{"message":"old"}}\n');
    await until(() => channel.state === "ready");
    attached?.send('{"jsonrpc":"2.0","method":"$/fatal","params":{"message":"old"}}\n');
    expect(await channel.call("echo", [1])).toBe(1);
    expect(states).not.toHaveBeenCalled();
  });
});

describe("several clients of one worker", () => {
  test("have each a session, and what is for one comes to no other", async () => {
    const [one, two] = [await ready("node"), await ready("node")];
    const sent = vi.spyOn(plugin.page, "take");
    expect(await one.channel.call("echo", ["x"])).toBe("x");
    expect(sent).toHaveBeenCalledTimes(1);
    expect(await two.channel.call("pid")).toBe(await one.channel.call("pid"));
    one.channel.destroy();
    await until(() => names().includes("detach"));
    expect(await two.channel.call("echo", ["y"])).toBe("y");
  });
});

test("a reload in the middle of a stream ends it at the worker, and the next page goes on", async () => {
  vi.spyOn(console, "warn").mockReturnValue(); // What is said to the page that is gone.
  const lines = Array.from({ length: 5000 }, (_, index) => `needle ${index}\n`);
  writeFileSync(`${folder}/many.txt`, lines.join(""));
  const limit = lines.length;
  const first = await ready("python");
  const found = client(first.channel).files.search(folder, "needle", { limit });
  expect((await found[Symbol.asyncIterator]().next()).value).toMatchObject({ line: 1 });
  const [{ session } = {}] = plugin.calls("attach");
  const { pid } = plugin.worker("python").status;
  reload();
  plugin.pageLoads();
  const { channel } = await ready("python");
  expect((await client(channel).getSystemInfo()).pid).toBe(pid);
  expect(await client(channel).files.search(folder, "needle", { limit }).toArray()).toHaveLength(
    limit,
  );
  const sent = vi.spyOn(plugin.page, "take");
  const late = `{"jsonrpc":"2.0","id":"${session}:99","method":"add","params":[1,2]}`;
  await plugin.worker("python").write(Buffer.from(late));
  await until(() => sent.mock.calls.length > 0);
  expect(sent.mock.calls[0]?.[1]).toMatchObject({
    message: expect.stringContaining('"code":-32002'),
  });
});

describe("the end of the worker", () => {
  test.each([
    ["an exit", "exit", [3], { exitCode: 3 }, "The worker exited (exit code 3)"],
    ["a signal", "kill", [], { signal: "SIGKILL" }, "The worker exited (SIGKILL)"],
    [
      "an exit with its last words",
      "complain",
      ["Traceback:\nValueError: straße\n", 1],
      { exitCode: 1, stderr: "Traceback:\nValueError: straße" },
      "The worker exited (exit code 1). The last lines of its stderr:\nTraceback:\nValueError: straße",
    ],
  ])(
    "%s fails what is pending at once, and what comes later",
    async (_name, method, params, how, message) => {
      const { channel, errors } = await ready("node");
      vi.useFakeTimers({ toFake: ["setTimeout"] }); // Nothing waits for one.
      const called = failure(channel.call(method, params));
      const pending = failure(channel.call("echo", [1])); // The worker never gets to it.
      const error = await called;
      vi.useRealTimers();
      expect(error).toBeInstanceOf(ChannelClosed);
      expect(error).toMatchObject({ message, reason: { message: "The worker exited", ...how } });
      expect(await pending).toBe(error);
      expect(await failure(channel.call("echo", [1]))).toBe(error);
      expect(errors).toEqual([error]);
      expect(channel.state).toBe("connecting");
    },
  );

  test("comes after its last lines", async () => {
    writeFileSync(
      `${folder}/worker.mjs`,
      `import { createInterface } from "node:readline";
       const answer = (id, result, then) =>
         process.stdout.write(JSON.stringify({ jsonrpc: "2.0", id, result }) + "\\n", then);
       for await (const line of createInterface({ input: process.stdin })) {
         const { id, method } = JSON.parse(line);
         if (method === "system.hello") answer(id, {});
         if (method === "last") answer(id, "x".repeat(${MI}), () => process.exit(3));
       }`,
    );
    const { channel } = await ready("script");
    const lost = failure(channel.call("never"));
    expect(await channel.call("last")).toHaveLength(MI);
    expect(await lost).toMatchObject({ reason: { exitCode: 3 } });
  });

  test("before a write is no failure of that: the exit says more", async () => {
    const { channel } = await ready("node");
    plugin.page.hang();
    const pending = failure(channel.call("exit", [3]));
    await until(() => plugin.worker("node").status.state === "exited");
    const late = failure(channel.call("echo", [1]));
    await until(() => plugin.calls("write").at(-1)?.text?.includes('"echo"') ?? false);
    plugin.page.resume();
    expect(await pending).toMatchObject({ reason: { exitCode: 3 } });
    expect(await late).toBe(await pending);
  });

  test("and the start of the next may come before the write knows of it", async () => {
    const { channel, errors } = await ready("node");
    plugin.page.hang();
    await plugin.worker("node").kill();
    const late = failure(channel.call("echo", [1]));
    await until(() => plugin.calls("write").at(-1)?.text?.includes('"echo"') ?? false);
    await plugin.worker("node").start();
    plugin.page.resume();
    const waiting = channel.call("echo", [2]);
    expect(await late).toMatchObject({ message: "The worker was stopped (SIGKILL)" });
    expect(await waiting).toBe(2);
    expect(errors).toEqual([await late]);
  });

  test("that no exit follows is told by the write", async () => {
    const { channel } = await ready("node");
    plugin.page.hang();
    await plugin.worker("node").kill();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const late = failure(channel.call("echo", [1]));
    await vi.waitUntil(() => vi.getTimerCount() > 0);
    vi.advanceTimersByTime(1000);
    expect(await late).toMatchObject({ message: "The worker does not run: start it." });
    vi.useRealTimers();
    plugin.page.resume();
    await until(() => channel.state === "ready"); // To attach has started another.
  });
});

describe("a worker that is started again", () => {
  test("by whomever, goes on without any call of the page's", async () => {
    const { channel, errors } = await ready("node");
    const pid = await channel.call("pid");
    const pending = failure(channel.call("closeStdout")); // It is not answered.
    await until(() => plugin.calls("write").at(-1)?.text?.includes("closeStdout") ?? false);
    await plugin.worker("node").restart(0);
    expect(await pending).toMatchObject({
      name: "ChannelClosed",
      message: "The worker was stopped (SIGKILL)",
    });
    await until(() => channel.state === "ready");
    expect(await channel.call("pid")).not.toBe(pid);
    expect(errors).toEqual([await pending]);
    expect(names().filter((name) => name !== "write")).toEqual(["attach"]);
  });

  test("has calls wait for it from its start on", async () => {
    const { channel } = await ready("node");
    expect(await failure(channel.call("exit", [3]))).toBeInstanceOf(ChannelClosed);
    let go: (value: unknown) => void = () => undefined;
    const held = new Promise((resolve) => (go = resolve));
    plugin.before = (): Promise<unknown> => held; // Nothing that the page writes gets there yet.
    await plugin.worker("node").start();
    const waiting = channel.call("echo", [1]);
    expect(channel.state).toBe("connecting");
    go(undefined);
    expect(await waiting).toBe(1);
  });

  test("keeps who listens to events", async () => {
    const { channel } = await ready("python");
    const worker = client(channel);
    const changed: string[] = [];
    worker.files.changed.on(({ path }) => changed.push(path));
    await plugin.worker("python").restart(0);
    await until(() => channel.state === "ready");
    writeFileSync(`${folder}/a.txt`, "");
    await worker.files.deleteAll([`${folder}/a.txt`], () => true);
    expect(changed).toEqual([`${folder}/a.txt`]);
  });

  test("in vain says why, and a later start is as good as any", async () => {
    writeFileSync(`${folder}/worker.mjs`, "");
    const { channel } = open("script");
    const error = await failure(channel.call("pid"));
    expect(error).toMatchObject({ message: "The worker exited (exit code 0)" });
    copyFileSync(NODE, `${folder}/worker.mjs`);
    await plugin.worker("script").start();
    await until(() => channel.state === "ready");
    expect(await channel.call("echo", [1])).toBe(1);
  });
});

describe("a worker that cannot be started", () => {
  test("fails the calls that wait, with the reason; a later one tries again", async () => {
    const { channel, errors } = open("nothing");
    const message = "The worker cannot be started: spawn /nowhere/python ENOENT";
    for (const attempt of [1, 2]) {
      const calls = [failure(channel.call("a")), failure(channel.call("b"))];
      const [error] = await Promise.all(calls);
      expect(error).toBeInstanceOf(ChannelClosed);
      expect(error).toMatchObject({ message });
      expect(await calls[1]).toBe(error);
      expect(errors).toHaveLength(attempt);
    }
    expect(plugin.calls("attach").map(({ session }) => session)).toEqual(
      Array(2).fill(plugin.calls("attach")[0]?.session),
    );
    expect(channel.state).toBe("connecting");
  });

  test("although it could before", async () => {
    const { io, channel } = await ready("node");
    plugin.worker("node").command = ["/nowhere/node"];
    expect(await failure(io.restart(0))).toMatchObject({ kind: "startFailed" });
    const message = "The worker cannot be started: spawn /nowhere/node ENOENT";
    await until(() => plugin.worker("node").status.exit?.error != null);
    expect(await failure(channel.call("echo", [1]))).toMatchObject({ message });
    expect(plugin.calls("attach")).toHaveLength(1);
  });

  test("and says so itself, or in its last words", async () => {
    const { channel } = open("hasty");
    expect(await failure(channel.call("a"))).toMatchObject({
      message: "The worker exited (exit code 7). The last lines of its stderr:\nno module",
    });
    writeFileSync(
      `${folder}/worker.mjs`,
      `console.log(JSON.stringify({ jsonrpc: "2.0", method: "$/fatal", params: { message: "no such module" } }));
       process.exitCode = 1;`,
    );
    const fatal = open("script");
    expect(await failure(fatal.channel.call("a"))).toBeInstanceOf(WorkerStartError);
  });
});

describe("a page that may not", () => {
  test.each<[string, string, string]>([
    ["attach", "node", "rpc-worker.attach not allowed"],
    ["name such a worker", "other", "No worker 'other' is declared."],
  ])("%s has a channel that is closed for that reason", async (_name, worker, message) => {
    plugin.forbidden.add("attach");
    if (worker === "other") plugin.forbidden.clear();
    const { channel, errors } = open(worker);
    expect(await failure(channel.call("a"))).toMatchObject({ message });
    expect(await channel.closed).toEqual({ message });
    expect(errors).toEqual([]);
  });

  test("write is told so by each call, and its channel goes on", async () => {
    plugin.forbidden.add("write");
    const { channel, errors } = open("node");
    const message = "rpc-worker.write not allowed";
    expect(await failure(channel.call("echo", [1]))).toMatchObject({ message });
    expect(errors.map((error) => error.message)).toEqual([message]);
    plugin.forbidden.clear();
    expect(await channel.call("echo", [1])).toBe(1);
  });
});

describe("a line that was too long", () => {
  test("fails its call, and no other", async () => {
    plugin.settings.lineLimit = 1000;
    const { channel, errors } = await ready("node");
    const [long, short] = [channel.call("echo", ["x".repeat(2000)]), channel.call("echo", ["y"])];
    const error = await failure(long);
    expect(error).toMatchObject({ name: "RpcError", code: ErrorCode.responseTooLarge });
    expect(String(error)).toMatch(
      /^RpcError: A line from the worker is too long \(20\d\d characters\): \{"jsonrpc"/,
    );
    expect(await short).toBe("y");
    expect(errors).toEqual([]);
  });

  test("that was no answer goes to onError", async () => {
    plugin.settings.lineLimit = 1000;
    const { channel, errors } = await ready("node");
    await channel.call("split", ["x".repeat(2000)]).catch(() => undefined);
    expect(errors).toMatchObject([{ code: ErrorCode.responseTooLarge }]);
  });
});

describe("control", () => {
  test("a restart is over when calls reach the new worker", async () => {
    const { io, channel } = await ready("node");
    vi.useFakeTimers({ toFake: ["Date"] }); // All comes about in one millisecond.
    const pid = await channel.call("pid");
    for (const graceMs of [0, 5000, undefined]) {
      const status = await io.restart(graceMs);
      expect(status).toMatchObject({ worker: "node", exit: null });
      expect(await channel.call("pid")).toBe(status.pid);
      expect(status.pid).not.toBe(pid);
    }
    expect(plugin.calls("restart").map(({ grace }) => grace)).toEqual([0, 5, undefined]);
  });

  test("a kill is over when calls fail, a start when they are made", async () => {
    const { io, channel } = await ready("node");
    const status = await io.kill();
    expect(status).toMatchObject({ state: "stopped", pid: null, exit: { signal: "SIGKILL" } });
    expect(await failure(channel.call("pid"))).toMatchObject({
      message: "The worker was stopped (SIGKILL)",
    });
    expect(await io.status()).toEqual(status);
    const { pid } = await io.start();
    expect(await channel.call("pid")).toBe(pid);
    expect((await io.start()).pid).toBe(pid);
    expect((await io.kill(5000)).exit).toMatchObject({ code: 0 });
  });

  test("needs no channel", async () => {
    const io = new TauriIo("node");
    expect(await io.status()).toMatchObject({ state: "stopped", exit: null });
    expect((await io.start()).state).toBe("starting");
    expect((await io.restart(0)).state).toBe("starting");
    expect((await io.kill()).state).toBe("stopped");
  });

  test("all workers, and the Pythons of this machine", async () => {
    const { pid } = await new TauriIo("cat").start();
    const workers = await listWorkers();
    expect(workers.find(({ worker }) => worker === "cat")?.pid).toBe(pid);
    expect(await listRuntimes()).toEqual(plugin.runtimes);
  });

  test("that is refused is an error, with its kind", async () => {
    const refused = await failure(new TauriIo("other").restart());
    expect(refused).toBeInstanceOf(Error);
    expect(refused).toMatchObject({
      message: "No worker 'other' is declared.",
      kind: "unknownWorker",
    });
    plugin.forbidden.add("kill");
    expect(await failure(new TauriIo("node").kill())).toEqual(
      new Error("rpc-worker.kill not allowed"),
    );
  });
});

test("states and stderr go to who wants them; what they throw is nobody's concern", async () => {
  const uncaught = vi.fn();
  const listeners = process.rawListeners("uncaughtException") as NodeJS.UncaughtExceptionListener[];
  process.removeAllListeners("uncaughtException").on("uncaughtException", uncaught);
  const started = ["starting", "starting", "running"]; // Before there is a process, and then.
  const states: string[] = [];
  let stderr = "";
  const { channel, io } = await ready("node", {
    onState: ({ state }) => {
      states.push(state);
      if (state === "exited") throw new Error("mine");
    },
    onStderr: (text) => (stderr += text),
  });
  await failure(channel.call("complain", ["straße\n", 1]));
  await io.start();
  expect(await channel.call("echo", [1])).toBe(1);
  expect(states).toEqual([...started, "exited", ...started]);
  expect(stderr).toBe("straße\n");
  process.removeAllListeners("uncaughtException");
  for (const listener of listeners) process.on("uncaughtException", listener);
  expect(uncaught.mock.calls).toEqual([[new Error("mine"), "uncaughtException"]]);
});

describe("destroyed", () => {
  test("it fails what is pending, ends its session, and leaves the worker", async () => {
    const { io, channel } = await ready("node");
    const pending = failure(channel.call("linger"));
    const [attached] = plugin.worker("node").attached;
    channel.destroy();
    expect(await pending).toMatchObject({ message: "The channel was destroyed" });
    await until(() => io.isDestroyed && names().includes("detach"));
    expect(plugin.calls("detach")).toEqual([{ worker: "node", session: attached?.session }]);
    expect(plugin.worker("node").status.state).toBe("running");
    expect(window.__TAURI_INTERNALS__.callbacks.size).toBe(0);
  });

  test("while it is attached, it is detached after that", async () => {
    let go: (value: unknown) => void = () => undefined;
    const held = new Promise((resolve) => (go = resolve));
    plugin.before = ({ name }: Invoked): Promise<unknown> =>
      name === "attach" ? held : Promise.resolve();
    const { io, channel } = open("node");
    await settle();
    channel.destroy();
    await until(() => io.isDestroyed);
    await settle();
    expect(names()).toEqual([]);
    go(undefined);
    await until(() => names().includes("detach"));
    expect(names()).toEqual(["attach", "detach"]);
    expect(plugin.worker("node").attached).toEqual([]);
  });

  test("before it has written, it asks the plugin for nothing", async () => {
    plugin.before = (): Promise<void> => Promise.resolve();
    const { io, channel } = open("node");
    channel.destroy();
    await until(() => io.isDestroyed);
    await settle();
    expect(names()).toEqual([]);
  });
});

test("another session takes the place of the one before", async () => {
  const io = new TauriIo("cat");
  await io.open(receiver({ chunk: () => undefined }));
  await io.write("1\n", "S1");
  await io.write("2\n", "S2");
  await until(() => names().includes("detach"));
  expect(plugin.calls("attach").map(({ session }) => session)).toEqual(["S1", "S2"]);
  expect(plugin.calls("detach")).toEqual([{ worker: "cat", session: "S1" }]);
  io.destroy();
});

describe("as kkrpc's IoInterface", () => {
  test("it has a session of its own, and a new one once that was ended", async () => {
    const io = new TauriIo("cat");
    const errors: unknown[] = [];
    io.on("error", (error) => errors.push(error));
    const first = io.read();
    await io.write("1");
    expect(await first).toBe("1\n");
    const [attached] = plugin.worker("cat").attached;
    const message = "The window took none of 64 MiB for 5 s";
    attached?.send({ type: "detached", session: attached.session, message });
    expect(errors.map(String)).toEqual([`SessionEnded: ${message}`]);
    const second = io.read();
    await io.write("2");
    expect(await second).toBe("2\n");
    expect(new Set(plugin.calls("attach").map(({ session }) => session)).size).toBe(2);
    io.destroy();
  });
});
