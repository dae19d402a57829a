/** An app that uses kkrpc 0.x today: its channel, its worker; only the adapter is ours. */

import { fileURLToPath } from "node:url";
import { Command } from "@tauri-apps/plugin-shell";
import { RPCChannel } from "kkrpc/browser";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { TauriEventIo } from "../src/io/tauri-event.js";
import { TauriPluginJsIo } from "../src/io/tauri-plugin-js.js";
import { TauriShellIo } from "../src/io/tauri-shell.js";
import { TauriIo } from "../src/io/tauri.js";
import type { RelayIo } from "../src/relay-io.js";
import { settle } from "./fake-worker.js";
import { JsPlugin } from "./js-plugin.js";
import { startRelay } from "./relay-bus.js";
import { ShellPlugin } from "./shell-plugin.js";
import { closePage, openPage, until } from "./tauri-page.js";
import { WorkerPlugin } from "./worker-plugin.js";

const NODE = process.execPath;
const WORKER: Program = [NODE, fileURLToPath(new URL("kkrpc-worker.mjs", import.meta.url))];
const PYTHON: Program = [
  process.env["RPC_WORKER_PYTHON"] ??
    fileURLToPath(new URL("../../.venv/bin/python", import.meta.url)),
  fileURLToPath(new URL("worker/kkrpc.py", import.meta.url)),
];

type Program = readonly [string, string];

interface Api extends Record<string, unknown> {
  add(a: number, b: number): Promise<number>;
  echo(message: unknown): Promise<unknown>;
  readonly math: { square(x: number): Promise<number> };
  each(values: number[], callback: (value: number) => void): Promise<number>;
  fail(message: string): Promise<void>;
}

function connect(io: RelayIo): Api {
  return new RPCChannel<Record<string, never>, Api>(io).getAPI();
}

async function converse(api: Api): Promise<void> {
  expect(await api.add(1, 2)).toBe(3);
  expect(await api.math.square(7)).toBe(49);
  expect(await api.echo({ text: "straße \u2028" })).toEqual({ text: "straße \u2028" });
  await expect(api.fail("no such file")).rejects.toThrow("no such file");
  const values: number[] = [];
  expect(await api.each([1, 2, 3], (value) => values.push(value))).toBe(3);
  expect(values).toEqual([1, 2, 3]);
}

interface Host {
  readonly io: RelayIo;
  /** Has the worker end, as the host does. */
  readonly quit: () => Promise<unknown>;
}

function relay(worker = WORKER): Host {
  const bus = startRelay(worker);
  return { io: new TauriEventIo(), quit: () => bus.quit() };
}

function shell(worker = WORKER): Host {
  const plugin = new ShellPlugin({ worker });
  const io = new TauriShellIo(Command.create("worker"), { graceMs: 0 });
  return { io, quit: () => plugin.quit() };
}

function js([command, script] = WORKER): Host {
  const plugin = new JsPlugin();
  const io = new TauriPluginJsIo("worker", { command, args: [script] });
  return { io, quit: () => plugin.quit() };
}

function plugin(worker = WORKER): Host {
  const plugin = new WorkerPlugin({ worker });
  return { io: new TauriIo("worker"), quit: () => plugin.quit() };
}

beforeEach(openPage);

afterEach(closePage);

describe.each([
  ["a hand-written relay", relay, "The worker exited (exit code 0)"],
  ["the shell plugin", shell, "The worker exited (signal 9)"],
  ["tauri-plugin-js", js, "The worker exited"],
  ["our plugin", plugin, "The worker was stopped (SIGKILL)"],
])("over %s", (_name, start, how) => {
  let host: Host;

  beforeEach(() => {
    host = start();
  });

  afterEach(async () => {
    host.io.destroy();
    await host.quit();
  });

  test("kkrpc's channel reaches kkrpc's worker", async () => {
    const api = connect(host.io);
    await converse(api);
    expect(await api.echo(new Date(0))).toEqual(new Date(0));
  });

  test("and a Python worker in its place", async () => {
    host.io.destroy();
    await host.quit();
    host = start(PYTHON);
    await converse(connect(host.io));
  });

  test("many calls at once", async () => {
    const api = connect(host.io);
    const numbers = Array.from({ length: 200 }, (_, index) => index);
    expect(await Promise.all(numbers.map((n) => api.add(n, 1)))).toEqual(numbers.map((n) => n + 1));
  });

  test("the exit of the worker is an error for who listens", async () => {
    const errors: unknown[] = [];
    host.io.on("error", (error) => errors.push(error));
    expect(await connect(host.io).add(1, 1)).toBe(2);
    await host.quit();
    await until(() => errors.length > 0);
    expect(errors.map(String)).toEqual([`ChannelClosed: ${how}`]);
  });

  test("destroyed, kkrpc's loop rests, and so does what is pending", async () => {
    const { io } = host;
    const read = vi.spyOn(io, "read");
    const api = connect(io);
    expect(await api.add(1, 1)).toBe(2);
    const settled = vi.fn();
    void api.add(1, 1).finally(settled);
    io.destroy();
    const { length } = read.mock.calls;
    await host.quit();
    await settle();
    expect(read.mock.calls).toHaveLength(length);
    expect(settled).not.toHaveBeenCalled();
  });
});

describe("a newline that the relay took", () => {
  class Stripped extends TauriEventIo {
    override async read(): Promise<string> {
      return (await super.read()).replace(/\n$/, "");
    }
  }

  test.each([
    ["is put back, and each answer settles its call", new TauriEventIo(), 2],
    ["is needed: without it, none ever does", new Stripped(), 0],
  ])("%s", async (_name, io, expected) => {
    const bus = startRelay(WORKER);
    const api = connect(io);
    let settled = 0;
    for (const text of ["first", "second"]) void api.echo(text).finally(() => settled++);
    // Both answers have come to the page, and the channel has had every turn that it could use.
    await bus.linesReach(2);
    await settle();
    expect(bus.lines.map((line) => /(first|second).*[^\n]$/.test(line))).toEqual([true, true]);
    expect(settled).toBe(expected);
    await bus.stop();
  });
});
