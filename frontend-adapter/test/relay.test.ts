/** The main way, end to end: generated client, Tauri's events, the relay in Rust, the worker in Python. */

import { appendFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { backend } from "../generated/backend.js";
import type { Backend, FileChange } from "../generated/backend.js";
import { frontend } from "../generated/frontend.js";
import {
  ChannelClosed,
  RpcError,
  WorkerStartError,
  batch,
  createChannel,
  createClient,
} from "../generated/runtime/index.js";
import type { Channel } from "../generated/runtime/index.js";
import { NodeProcessIo } from "../generated/runtime/io/node.js";
import { TauriEventIo } from "../generated/runtime/io/tauri-event.js";
import { RpcError as OtherRpcError } from "../src/index.js";
import { failure, settle } from "./fake-worker.js";
import { startRelay } from "./relay-bus.js";
import type { RelayBus } from "./relay-bus.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PYTHON = process.env["RPC_WORKER_PYTHON"] ?? `${ROOT}/.venv/bin/python`;
const WORKER = `${ROOT}/examples/demo/worker.py`;

interface Window {
  readonly channel: Channel;
  readonly worker: Backend;
  readonly errors: Error[];
}

function openWindow(name: string, paths: readonly string[] = []): Window {
  const errors: Error[] = [];
  const channel = createChannel(new TauriEventIo(), {
    window: name,
    onError: (error) => errors.push(error),
    expose: frontend({ confirm: () => true, pick: () => paths }),
  });
  return { channel, worker: createClient(backend, channel), errors };
}

describe("through the relay", () => {
  let bus: RelayBus;
  let page: Window;

  beforeEach(() => {
    bus = startRelay(["--grace", "5", PYTHON, WORKER]);
    page = openWindow("main");
  });

  afterEach(async () => {
    page.channel.destroy();
    await bus.stop();
  });

  test("typed calls", async () => {
    const { worker, errors } = page;
    expect(await worker.add(1, 2)).toBe(3);
    const text = 'straße \u2028\u2029 \r\n \ud83d\ude00 \\ " \0';
    expect(await worker.echo(text)).toBe(text);
    const info = await worker.getSystemInfo();
    expect(info).toEqual({
      runtime: expect.stringMatching(/Python/) as string,
      pid: expect.any(Number) as number,
      platform: process.platform,
      arch: expect.any(String) as string,
    });
    expect(errors).toEqual([]);
  });

  test("a search, with options, in a namespace", async () => {
    const matches = await page.worker.files
      .search(`${ROOT}/shared_api`, "class SystemInfo", {
        glob: "*.py",
        limit: 5,
        caseSensitive: true,
      })
      .toArray();
    expect(matches).toEqual([
      {
        path: "backend.py",
        line: expect.any(Number) as number,
        text: expect.stringContaining("class SystemInfo") as string,
        span: [0, 16],
      },
    ]);
    const [match] = matches;
    expect(match?.text.slice(...match.span)).toBe("class SystemInfo");
  });

  test("a tagged union", async () => {
    const stat = await page.worker.files.stat(`${ROOT}/shared_api`);
    if (stat.kind !== "directory") throw new Error(stat.kind);
    expect(stat.entries).toBeGreaterThan(1);
  });

  test("an error with its code and data, recognised by any copy of the runtime", async () => {
    const error = await failure(page.worker.files.readText("/no/such/file"));
    expect(error).toBeInstanceOf(RpcError);
    expect(error).toBeInstanceOf(OtherRpcError);
    expect(error).toMatchObject({ code: 4004, data: { path: "/no/such/file" } });
  });

  test("params of the wrong type", async () => {
    expect(await failure(page.channel.call("add", [1, "2"]))).toMatchObject({
      code: -32602,
      data: { param: "b" },
    });
  });

  test("by name, in a batch, and a thousand at once", async () => {
    const { channel, worker } = page;
    expect(await channel.call("add", { b: 23, a: 19 })).toBe(42);
    expect(
      await Promise.all(batch(channel, () => [worker.add(1, 2), worker.echo("x")] as const)),
    ).toEqual([3, "x"]);
    const numbers = Array.from({ length: 1000 }, (_, index) => index);
    expect(await Promise.all(numbers.map((n) => worker.add(n, 1)))).toEqual(
      numbers.map((n) => n + 1),
    );
  });

  test("a text of several MiB, both ways", async () => {
    const text = "0123456789abcde\n".repeat(256 * 1024);
    expect(await page.worker.echo(text)).toBe(text);
  });

  test("two windows share the worker; one that opens later needs no $/ready", async () => {
    expect(await page.worker.add(1, 1)).toBe(2);
    const second = openWindow("second");
    const numbers = Array.from({ length: 100 }, (_, index) => index);
    const sums = ({ worker }: Window, by: number): Promise<number[]> =>
      Promise.all(numbers.map((n) => worker.add(n, by)));
    expect(await Promise.all([sums(page, 1), sums(second, 1000)])).toEqual([
      numbers.map((n) => n + 1),
      numbers.map((n) => n + 1000),
    ]);
    second.channel.destroy();
    expect(await page.worker.add(1, 1)).toBe(2);
    expect([page.errors, second.errors]).toEqual([[], []]);
  });

  test("a checksum with its progress, and a total of numbers as they come", async () => {
    const { worker, errors } = page;
    const done: number[] = [];
    const path = `${ROOT}/pyproject.toml`;
    const digest = await worker.files.checksum(path, { onProgress: (part) => done.push(part) });
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(done).toEqual([1]);
    expect(await worker.total([1, 2, 3.5])).toBe(6.5);
    expect(errors).toEqual([]);
  });

  test("a file that is followed, and files that are deleted after a question", async () => {
    const folder = mkdtempSync(`${tmpdir()}/rpc-worker-`);
    try {
      const paths = ["one", "two", "three"].map((name) => `${folder}/${name}`);
      for (const path of paths) writeFileSync(path, "first\nsecond\n");
      const [one, two, three] = paths as [string, string, string];
      const user = openWindow("user", [one, two]);
      const changes: FileChange[] = [];
      page.worker.files.changed.on((change) => changes.push(change));

      const lines: string[] = [];
      for await (const line of page.worker.files.tail(three, { lines: 1 })) {
        lines.push(line);
        if (lines.length === 3) break;
        appendFileSync(three, `line ${lines.length}\n`);
      }
      expect(lines).toEqual(["second", "line 1", "line 2"]);

      const asked: string[] = [];
      const ask = (path: string): boolean => asked.push(path) > 3;
      expect(await page.worker.files.deleteAll(paths, ask)).toBe(0);
      expect(asked).toEqual(paths);
      expect(await user.worker.files.deletePicked()).toBe(2);
      expect(await page.worker.add(1, 1)).toBe(2); // What was sent before this has arrived.
      expect(changes).toEqual([one, two].map((path) => ({ path, kind: "deleted" })));
      expect(paths.map((path) => existsSync(path))).toEqual([false, false, true]);
      user.channel.destroy();
      expect([page.errors, user.errors]).toEqual([[], []]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("a worker that dies fails what is pending at once, with its exit code", async () => {
    const { pid } = await page.worker.getSystemInfo();
    process.kill(pid, "SIGSTOP");
    const pending = page.worker.add(1, 2);
    await settle();
    process.kill(pid, "SIGKILL");
    const error = await failure(pending);
    expect(error).toBeInstanceOf(ChannelClosed);
    expect(error).toMatchObject({ reason: { exitCode: 137 } });
    expect(await failure(page.worker.add(1, 2))).toBe(error);
  });

  test("the app quits: the worker ends by itself", async () => {
    expect(await page.worker.add(1, 2)).toBe(3);
    expect(await bus.quit()).toBe(0);
    await expect.poll(() => page.errors).toHaveLength(1);
    expect(page.errors).toMatchObject([
      { name: "ChannelClosed", reason: { message: "The worker exited", exitCode: 0 } },
    ]);
    expect(await failure(page.worker.add(1, 2))).toBe(page.errors[0]);
  });
});

describe("as a child process of Node", () => {
  test("a call, and the end", async () => {
    const io = new NodeProcessIo(PYTHON, [WORKER], { cwd: ROOT });
    const channel = createChannel(io);
    expect(await createClient(backend, channel).add(1, 2)).toBe(3);
    channel.destroy();
    expect(await io.exited).toMatchObject({ exitCode: 0 });
  });

  test("a worker that cannot start says why", async () => {
    const io = new NodeProcessIo(PYTHON, ["-m", "rpc_worker", "run", "nowhere:backend"], {
      cwd: ROOT,
      forwardStderr: false,
    });
    const channel = createChannel(io);
    const error = await failure(channel.call("add", [1, 2]));
    expect(error).toBeInstanceOf(WorkerStartError);
    expect(error).toMatchObject({ message: expect.stringContaining("nowhere") as string });
    expect(await channel.closed).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("nowhere") as string,
    });
  });
});
