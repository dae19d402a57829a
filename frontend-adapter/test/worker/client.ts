/** The client of `contract.py`, written by the real generator into a folder of its own. */

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type * as runtime from "../../src/index.js";
import type * as tauri from "../../src/io/tauri-event.js";
import type { Backend, Frontend } from "./contract.js";

const ROOT: string = fileURLToPath(new URL("../../..", import.meta.url));
const HERE: string = fileURLToPath(new URL(".", import.meta.url));
const MODULES = `${ROOT}/frontend-adapter/node_modules`;

export const PYTHON: string = process.env["RPC_WORKER_PYTHON"] ?? `${ROOT}/.venv/bin/python`;
export const WORKER: string = `${HERE}worker.py`;

export interface GeneratedClient {
  readonly runtime: typeof runtime;
  readonly backend: runtime.Descriptor<Backend>;
  readonly frontend: (implementation: Frontend) => runtime.Exposed;
  readonly TauriEventIo: typeof tauri.TauriEventIo;
  /** Compares its types with those of `contract.ts`; throws with what the compiler says. */
  checkTypes(): void;
  remove(): void;
}

export async function generateClient(): Promise<GeneratedClient> {
  const folder = mkdtempSync(join(tmpdir(), "rpc-worker-"));
  symlinkSync(MODULES, `${folder}/node_modules`, "junction");
  run(PYTHON, "-m", "rpc_worker", "generate", "contract:BackendAPI", ...BOTH, "--out", folder);
  const load = (name: string): Promise<unknown> => import(/* @vite-ignore */ `${folder}/${name}`);
  return {
    ...((await load("backend.ts")) as Pick<GeneratedClient, "backend">),
    ...((await load("frontend.ts")) as Pick<GeneratedClient, "frontend">),
    ...((await load("runtime/io/tauri-event.ts")) as Pick<GeneratedClient, "TauriEventIo">),
    runtime: (await load("runtime/index.ts")) as typeof runtime,
    checkTypes: () => checkTypes(folder),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

const BOTH = ["--frontend", "contract:FrontendAPI", "--io", "tauri-event"];

/** Both ways: what a page calls must be there, and what it offers must suffice. */
function checkTypes(folder: string): void {
  writeFileSync(
    `${folder}/check.ts`,
    `import type { Backend } from "./backend.js";
import type { Frontend } from "./frontend.js";
import type * as used from ${JSON.stringify(`${HERE}contract.js`)};

export const backend = (generated: Backend): used.Backend => generated;
export const frontend = (offered: used.Frontend): Frontend => offered;
`,
  );
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--noEmit", "--skipLibCheck"];
  const target = ["--target", "es2020", "--module", "esnext", "--moduleResolution", "bundler"];
  run(
    process.execPath,
    `${MODULES}/typescript/bin/tsc`,
    ...strict,
    ...target,
    `${folder}/check.ts`,
  );
}

function run(command: string, ...args: string[]): void {
  try {
    execFileSync(command, args, { cwd: HERE, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (thrown) {
    const { stdout, stderr } = thrown as { readonly stdout: string; readonly stderr: string };
    throw new Error(`${command} ${args.join(" ")}\n${stdout}${stderr}`);
  }
}
