/** Packs our npm packages and installs them, as somebody gets them who has never seen the checkout. */

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "vitest";

export const ADAPTER: string = fileURLToPath(new URL("..", import.meta.url));
export const MODULES: string = join(ADAPTER, "node_modules");
const PYTHON = process.env["RPC_WORKER_PYTHON"] ?? join(ADAPTER, "../.venv/bin/python");

/** Runs a command and returns what it prints; what it says when it fails is the test's message. */
export async function run(cwd: string, command: string, ...args: string[]): Promise<string> {
  const path = [dirname(PYTHON), process.env["PATH"]].join(delimiter);
  const done = promisify(execFile)(command, args, { cwd, env: { ...process.env, PATH: path } });
  const { stdout } = await done.catch(({ stdout, stderr }: { stdout: string; stderr: string }) =>
    expect.unreachable(`${command} ${args.join(" ")}\n${stdout}${stderr}`),
  );
  return stdout;
}

export function installed(bin: string): [command: string, script: string] {
  return [process.execPath, join(MODULES, bin)];
}

/** Packs the package of a folder into another, and returns the path of what it has packed. */
export async function pack(source: string, folder: string): Promise<string> {
  const packed = await run(source, "npm", "pack", "--silent", "--pack-destination", folder);
  return join(folder, packed.trim().split("\n").at(-1) ?? "");
}

/** Makes a project of a folder, with nothing installed but these, and asks nobody for anything. */
export async function install(folder: string, ...packages: string[]): Promise<void> {
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const quiet = ["--offline", "--no-audit", "--no-fund", "--loglevel=error"];
  await run(folder, "npm", "install", ...quiet, ...packages);
}
