/** All that a call can be, over any transport to the demo's worker, with the generated client. */

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { backend } from "../generated/backend.js";
import { frontend } from "../generated/frontend.js";
import { createChannel, createClient } from "../generated/runtime/index.js";
import type { Channel } from "../generated/runtime/index.js";
import type { Transport } from "../src/transport.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** The command that starts the worker. */
export const DEMO: readonly [string, string] = [
  process.env["RPC_WORKER_PYTHON"] ?? `${ROOT}/.venv/bin/python`,
  `${ROOT}/examples/demo/worker.py`,
];

/** Returns the channel, still open. */
export async function converse(io: Transport): Promise<Channel> {
  const folder = mkdtempSync(`${tmpdir()}/rpc-worker-`);
  const paths = ["one", "two", "three"].map((name) => `${folder}/${name}`);
  for (const path of paths) writeFileSync(path, "first\nsecond\n");
  const errors: Error[] = [];
  const channel = createChannel(io, {
    expose: frontend({ confirm: () => true, pick: () => paths.slice(2) }),
    onError: (error) => errors.push(error),
  });
  const worker = createClient(backend, channel);
  try {
    const numbers = Array.from({ length: 1000 }, (_, index) => index);
    const sums = await Promise.all(numbers.map((number) => worker.add(number, 1)));
    expect(sums).toEqual(numbers.map((number) => number + 1));
    // More than a pipe holds, or a reader's buffer, in characters of each length.
    const text = "a straße \u2028 \r\n \ud83d\ude00 ".repeat(50_000);
    expect(await worker.echo(text)).toBe(text);
    expect(await worker.total(numbers)).toBe(499_500);
    const matches = await worker.files.search(folder, "second").toArray();
    expect(matches.map(({ path }) => path)).toEqual(["one", "three", "two"]);
    const done: number[] = [];
    await worker.files.checksum(paths[0] as string, { onProgress: (part) => done.push(part) });
    expect(done).toEqual([1]);

    const changed: string[] = [];
    worker.files.changed.on(({ path }) => changed.push(path));
    const asked: string[] = [];
    const ask = (path: string): boolean => asked.push(path) === 1;
    expect(await worker.files.deleteAll(paths.slice(0, 2), ask)).toBe(1);
    expect(await worker.files.deletePicked()).toBe(1);
    expect(await worker.add(1, 1)).toBe(2); // What was sent before this has arrived.
    expect(changed).toEqual([paths[0], paths[2]]);
    expect(readdirSync(folder)).toEqual(["two"]);
    expect(errors).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
  return channel;
}
