/**
 * A tour of rpc-worker: the code of a window, a relay in Rust, a worker in Python.
 *
 * There is no window here, and nobody who could be asked. Everything else is what an app has: the
 * generated client, its runtime and the transport for Tauri's events, on the real `listen` and
 * `emit` of `@tauri-apps/api`.
 */

import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

import { startRelay } from "./relay.js";
import { backend, NotFound } from "./rpc/backend.js";
import type { Backend } from "./rpc/backend.js";
import { frontend } from "./rpc/frontend.js";
import { batch, createChannel, createClient, safe } from "./rpc/runtime/index.js";
import type { Channel, LogRecord } from "./rpc/runtime/index.js";
import { TauriEventIo } from "./rpc/runtime/io/tauri-event.js";
import { Bar, bold, dim, mark, show, tell } from "./screen.js";

const DEADLINE_MS = 60_000;
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PYTHON = process.env["RPC_WORKER_PYTHON"] ?? `${ROOT}.venv/bin/python`;
const MIB = 1 << 20;

async function calls({ files, getSystemInfo }: Backend): Promise<void> {
  show("a call", "await worker.getSystemInfo()");
  const system = await getSystemInfo();
  tell(`${system.runtime} on ${system.platform} (${system.arch}), process ${system.pid}`);

  show("typed", 'await worker.files.stat("README.md")');
  const found = await files.stat(`${ROOT}README.md`);
  // That only a file has a size, TypeScript knows from the class in Python.
  tell(found.kind === "file" ? `a file of ${found.size} bytes` : `a ${found.kind}`);

  show("an error", 'const [error, text] = await safe(worker.files.readText("no/such/file"))');
  const [error, text] = await safe(files.readText("no/such/file"));
  if (error instanceof NotFound) {
    const { name, code, message, data } = error;
    tell(`${name} ${code}: ${message}   data: ${JSON.stringify(data)}`);
  } else tell(error ? `something else: ${error.message}` : `a text of ${text.length} characters`);
}

async function stream({ files }: Backend, log: Log): Promise<void> {
  show("a stream", 'for await (const m of worker.files.search("rpc_worker", "protocol, section"))');
  let seen = 0;
  for await (const match of files.search(`${ROOT}rpc_worker`, "protocol, section")) {
    tell(`${`${match.path}:${match.line}`.padEnd(25)} ${mark(match.text, match.span, 60)}`);
    if (++seen === 3) break;
  }
  tell(`${dim("left after 3; the worker logs:")} ${await log.next()}`);
}

async function progress({ files }: Backend, folder: string): Promise<void> {
  show("progress", 'await worker.files.checksum("big", { onProgress: (done) => bar.show(done) })');
  const bar = new Bar();
  const sum = await files.checksum(await makeFile(folder, "big", 256 * MIB), {
    onProgress: (done) => bar.show(done),
  });
  bar.end(`sha256 ${sum.slice(0, 12)}…`);
}

async function cancel({ files }: Backend, folder: string, log: Log): Promise<void> {
  show("cancelled", 'worker.files.checksum("huge", { signal: controller.signal })');
  const controller = new AbortController();
  let aborted = 0;
  try {
    await files.checksum(await makeFile(folder, "huge", 4096 * MIB), {
      signal: controller.signal,
      onProgress() {
        aborted = performance.now();
        controller.abort(); // It has begun.
      },
    });
  } catch (error) {
    if (error !== controller.signal.reason) throw error;
    const took = (performance.now() - aborted).toFixed(1);
    const { name } = error as DOMException;
    tell(`${name} ${took} ms after abort(); ${dim("the worker logs:")} ${await log.next()}`);
  }
}

async function askBack({ files }: Backend, user: User, folder: string): Promise<void> {
  const changes: string[] = [];
  const off = files.changed.on(({ path, kind }) => changes.push(`${basename(path)} ${kind}`));
  user.picks = [await makeFile(folder, "one.txt"), await makeFile(folder, "two.txt")];

  show("asked", "await worker.files.deletePicked()   // which asks frontend({ pick, confirm })");
  tell(`${await files.deletePicked()} files deleted`);
  off();

  show("an event", "worker.files.changed.on((change) => …)");
  tell(changes.join(", "));
}

async function together(worker: Backend, channel: Channel): Promise<void> {
  show(
    "a batch",
    'batch(channel, () => [worker.add(1, 2), worker.echo("…"), worker.files.stat(".")])',
  );
  const [sum, echo, stat] = await Promise.all(
    batch(channel, () => [worker.add(1, 2), worker.echo("…"), worker.files.stat(ROOT)] as const),
  );
  tell(`${sum}, ${JSON.stringify(echo)}, a ${stat.kind}   (one line there, one line back)`);
}

async function speed(worker: Backend): Promise<void> {
  show("speed", "worker.add(i, 1), answers checked");
  const alone = await oneAfterTheOther(worker, 500);
  tell(`one at a time: ${(alone * 1_000).toFixed(0)} µs (median of 500)`);
  const together = await allAtOnce(worker, 1_000);
  tell(`1,000 at once: ${together.toFixed(0)} ms`);
}

/** Returns the median of the calls' times, in milliseconds. */
async function oneAfterTheOther(worker: Backend, calls: number): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < calls; i++) {
    const begin = performance.now();
    check(await worker.add(i, 1), i + 1);
    times.push(performance.now() - begin);
  }
  return times.sort((a, b) => a - b)[calls >> 1] ?? Number.NaN;
}

/** Returns the milliseconds until the last answer. */
async function allAtOnce(worker: Backend, calls: number): Promise<number> {
  const begin = performance.now();
  const sums = await Promise.all(Array.from({ length: calls }, (_, i) => worker.add(i, 1)));
  sums.forEach((sum, i) => check(sum, i + 1));
  return performance.now() - begin;
}

function check(found: number, expected: number): void {
  if (found !== expected) throw new Error(`the worker answered ${found} instead of ${expected}`);
}

/** Makes a file of zeros, which takes no room on the disk. */
async function makeFile(folder: string, name: string, size = 0): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, "");
  await truncate(path, size);
  return path;
}

/** What the window offers the worker, with a user who agrees to everything. */
class User {
  picks: readonly string[] = [];

  *pick(title: string): Iterable<string> {
    tell(
      `${title} ${dim("The window answers:")} ${this.picks.map((path) => basename(path)).join(", ")}`,
    );
    yield* this.picks;
  }

  confirm(question: string): boolean {
    tell(`${question} ${dim("The window answers:")} yes`);
    return true;
  }
}

/** What the worker's files log. */
class Log {
  readonly #messages: string[] = [];
  #wake = (): void => undefined;

  add({ logger, message }: LogRecord): void {
    if (logger !== "files") return;
    this.#messages.push(message);
    this.#wake();
  }

  async next(): Promise<string> {
    for (;;) {
      const message = this.#messages.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

async function main(): Promise<void> {
  console.log(
    bold(" rpc-worker: a window's TypeScript  ⇄  a relay in Rust  ⇄  a worker in Python"),
  );
  console.log(dim(" The client was generated from the typed Python classes in shared_api."));
  const folder = await mkdtemp(join(tmpdir(), "rpc-worker-demo-"));
  const relay = await startRelay(ROOT, [PYTHON, `${ROOT}examples/demo/worker.py`]);
  const [user, log] = [new User(), new Log()];
  const channel = createChannel(new TauriEventIo(), {
    expose: frontend(user),
    log: "info",
    onLog: (record) => log.add(record),
  });
  const worker = createClient(backend, channel);
  try {
    await calls(worker);
    await stream(worker, log);
    await progress(worker, folder);
    await cancel(worker, folder, log);
    await askBack(worker, user, folder);
    await together(worker, channel);
    await speed(worker);
  } finally {
    channel.destroy();
    await relay.stop();
    await rm(folder, { recursive: true });
  }
  console.log(`\n That was examples/demo. Begin with docs/getting-started.md.`);
}

setTimeout(() => {
  console.error(`make demo: no end after ${DEADLINE_MS / 1_000} seconds; something hangs`);
  process.exit(1);
}, DEADLINE_MS).unref();

main().catch((error: unknown) => {
  console.error(`make demo: ${error instanceof Error ? `${error.name}: ${error.message}` : error}`);
  process.exitCode = 1;
});
