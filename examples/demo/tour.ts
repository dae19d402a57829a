/**
 * A tour of rpc-worker: the code of a window, a relay in Rust, a worker in Python.
 *
 * There is no window here. Everything else is what an app has: the generated client, its runtime
 * and the transport for Tauri's events, on the real `listen` and `emit` of `@tauri-apps/api`.
 */

import { fileURLToPath } from "node:url";

import { startRelay } from "./relay.js";
import { backend } from "./rpc/backend.js";
import type { Backend } from "./rpc/backend.js";
import { type Channel, createChannel, createClient, RpcError } from "./rpc/runtime/index.js";
import { TauriEventIo } from "./rpc/runtime/io/tauri-event.js";

const DEADLINE_MS = 60_000;
const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
const PYTHON = process.env["RPC_WORKER_PYTHON"] ?? `${ROOT}.venv/bin/python`;

const colours = process.stdout.isTTY;
const bold = (text: string): string => (colours ? `\u001b[1m${text}\u001b[0m` : text);
const dim = (text: string): string => (colours ? `\u001b[2m${text}\u001b[0m` : text);

function show(title: string, code: string, ...results: string[]): void {
  console.log(`\n ${bold(title.padEnd(9))} ${dim(code)}`);
  for (const result of results) console.log(`           ${result}`);
}

async function tour(channel: Channel): Promise<void> {
  const worker = createClient(backend, channel);

  const system = await worker.getSystemInfo();
  show(
    "a call",
    "await worker.getSystemInfo()",
    `${system.runtime} on ${system.platform} (${system.arch}), process ${system.pid}`,
  );

  const begin = performance.now();
  const matches = await worker.files.search(`${ROOT}rpc_worker`, "one reason", { limit: 4 });
  const took = (performance.now() - begin).toFixed(0);
  show(
    "typed",
    'await worker.files.search("rpc_worker", "one reason", { limit: 4 })',
    ...matches.map((m) => `${`${m.path}:${m.line}`.padEnd(24)} ${mark(m.text, m.span)}`),
    dim(`in ${took} ms, in a thread of the worker's; each match is a Match in TypeScript`),
  );

  try {
    await worker.files.readText("no/such/file");
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    show(
      "an error",
      'await worker.files.readText("no/such/file")',
      `${error.name} ${error.code}: ${error.message}   data: ${JSON.stringify(error.data)}`,
    );
  }

  const named = await channel.call("add", { b: 23, a: 19 });
  show("by name", 'await channel.call("add", { b: 23, a: 19 })', String(named));

  const [sum, echo, stat] = await Promise.all(
    channel.batch(() => [worker.add(1, 2), worker.echo("…"), worker.files.stat(ROOT)] as const),
  );
  show(
    "a batch",
    'channel.batch(() => [worker.add(1, 2), worker.echo("…"), worker.files.stat(".")])',
    `${sum}, ${JSON.stringify(echo)}, a ${stat.kind}   (one line there, one line back)`,
  );

  const alone = await oneAfterTheOther(worker, 500);
  const together = await allAtOnce(worker, 1_000);
  show(
    "speed",
    "worker.add(i, 1), answers checked",
    `one at a time: ${(alone * 1_000).toFixed(0)} µs (median of 500)`,
    `1,000 at once: ${together.toFixed(0)} ms`,
  );
}

function mark(text: string, [from, to]: readonly [number, number]): string {
  const before = text.slice(0, from).trimStart();
  return (before + bold(text.slice(from, to)) + text.slice(to)).slice(0, 80);
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

async function main(): Promise<void> {
  console.log(bold(" rpc-worker: a window's TypeScript  ⇄  a relay in Rust  ⇄  a worker in Python"));
  const relay = await startRelay(ROOT, [PYTHON, `${ROOT}examples/demo/worker.py`]);
  const channel = createChannel(new TauriEventIo());
  try {
    await tour(channel);
  } finally {
    channel.destroy();
    await relay.stop();
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
