/**
 * Vite's hot module replacement, as its module runner does it in this process: a module that is
 * changed runs anew, and so does each between it and the one that takes the change, while the page and
 * what it has opened stay. Here that is a channel through the real relay to a real worker.
 */

import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createServer, createServerModuleRunner } from "vite";
import type { ViteDevServer } from "vite";
import type { ModuleRunner } from "vite/module-runner";
import type { Channel } from "../src/index.js";
import { startRelay } from "./relay-bus.js";
import type { RelayBus } from "./relay-bus.js";
import { closePage, openPage, until } from "./tauri-page.js";
import { PYTHON, WORKER } from "./worker/client.js";
import type { Backend } from "./worker/contract.js";

const ADAPTER = fileURLToPath(new URL("..", import.meta.url));

/** What one run of the app's modules has made. */
interface Run {
  readonly channel: Channel;
  readonly worker: Backend;
}

let root: string;
let bus: RelayBus;
let server: ViteDevServer;
let runner: ModuleRunner;
let runs: Run[];

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), "rpc-worker-"));
  symlinkSync(join(ADAPTER, "node_modules"), join(root, "node_modules"), "junction");
  writeFileSync(join(root, "package.json"), '{ "type": "module" }');
  const ends = ["contract:BackendAPI", "--frontend", "contract:FrontendAPI"];
  const out = ["--out", join(root, "rpc"), "--io", "tauri-event"];
  execFileSync(PYTHON, ["-m", "rpc_worker", "generate", ...ends, ...out], { cwd: dirname(WORKER) });
  openPage();
  bus = startRelay(["--grace", "10", PYTHON, WORKER]);
  server = await createServer({
    root,
    configFile: false,
    cacheDir: join(root, "cache"),
    appType: "custom",
    logLevel: "error",
    server: { middlewareMode: true, ws: false },
  });
  runner = createServerModuleRunner(server.environments.ssr, { hmr: { logger: false } });
  runs = (globalThis as { runs?: Run[] }).runs = [];
});

afterEach(async () => {
  for (const { channel } of runs) channel.destroy();
  await runner.close();
  await server.close();
  await bus.stop();
  closePage();
  rmSync(root, { recursive: true });
});

/** What is there after three changes. */
interface Outcome {
  /** Which runs' channels are open, and which have a session at the worker. */
  readonly open: number[];
  readonly sessions: number[];
  /** Which runs' listeners hear one event. */
  readonly hear: number[];
  /** Which runs' pending calls have ended, and how. */
  readonly ended: string[];
}

/** Has an app that takes each change itself, as components do, import the module of the channel. */
async function develop(module: string): Promise<Outcome> {
  writeFileSync(join(root, "channel.ts"), module);
  writeFileSync(
    join(root, "component.ts"),
    'import * as run from "./channel.js";\nruns.push(run);\nimport.meta.hot.accept();\n',
  );
  const sessions: string[] = [];
  const hear: number[] = [];
  const ended: string[] = [];
  await runner.import("/component.ts");
  for (const changed of ["channel.ts", "rpc/backend.ts", "channel.ts", undefined]) {
    const number = sessions.length;
    await until(() => runs.length > number);
    const { worker } = runs[number] as Run;
    worker.said.on(() => hear.push(number));
    worker
      .rest(`${number}`)
      .catch((error: Error) => ended.push(`${number}: ${error.name}: ${error.message}`));
    sessions.push((await worker.session()) as string);
    await worker.noted(`${number} began`);
    if (changed) appendFileSync(join(root, changed), "// Changed.\n");
  }
  await (runs.at(-1) as Run).worker.announce("a change");
  const before = bus.lines.length;
  for (const session of sessions) bus.send(`${request(session)}\n`);
  await bus.linesReach(before + sessions.length);
  const numbers = [...runs.keys()];
  return {
    open: numbers.filter((number) => runs[number]?.channel.state === "ready"),
    sessions: numbers.filter((number) => bus.lines.includes(answer(sessions[number] as string))),
    hear,
    ended,
  };
}

/** Asks in the name of a session, which the worker answers with it, if it has it still. */
function request(session: string): string {
  return `{"jsonrpc":"2.0","id":"${session}:x","method":"session"}`;
}

function answer(session: string): string {
  return `{"jsonrpc":"2.0","id":"${session}:x","result":"${session}"}`;
}

const IMPORTS = `
  import { backend } from "./rpc/backend.js";
  import { createChannel, createClient } from "./rpc/runtime/index.js";
  import { TauriEventIo } from "./rpc/runtime/io/tauri-event.js";
  export const channel = createChannel(new TauriEventIo(), { onError() {} });
  export const worker = createClient(backend, channel);
`;

test("what the page of the client shows leaves one channel, whatever has changed", async () => {
  const page = readFileSync(join(ADAPTER, "../docs/client.md"), "utf-8");
  const [, shown = ""] = /^```ts title="hot\.ts"\n(.*?)^```$/ms.exec(page) ?? [];
  const message = "ChannelClosed: The channel was destroyed";
  expect(await develop(shown)).toEqual({
    open: [3],
    sessions: [3],
    hear: [3],
    ended: [`0: ${message}`, `1: ${message}`, `2: ${message}`],
  });
});

test.each([
  ["without it", ""],
  // Vite calls these for the module that takes a change, and not for those on the way to it.
  ["with what is to be disposed of", "import.meta.hot.dispose(() => channel.destroy());"],
])("each change leaves a channel behind %s", async (_, end) => {
  expect(await develop(`${IMPORTS}${end}\n`)).toEqual({
    open: [0, 1, 2, 3],
    sessions: [0, 1, 2, 3],
    hear: [0, 1, 2, 3],
    ended: [],
  });
});
