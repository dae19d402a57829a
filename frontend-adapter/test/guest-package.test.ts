/** The npm package that Tauri's tools look for beside the plugin's crate: the runtime by another name. */

import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import manifest from "../../tauri-plugin-rpc-worker/guest-js/package.json" with { type: "json" };
import core from "../package.json" with { type: "json" };
import { ADAPTER, MODULES, install, installed, pack, run } from "./npm.js";

const PLUGIN = join(ADAPTER, "../tauri-plugin-rpc-worker");
const GUEST = join(PLUGIN, "guest-js");

/** A project that has both packages, and Tauri's. */
let app: string;
let tarball: string;

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), "rpc-worker-guest-"));
  tarball = await pack(GUEST, app);
  const runtime = await pack(ADAPTER, app);
  await install(app, runtime, tarball, join(MODULES, "@tauri-apps/api"));
  const readme = await readFile(join(GUEST, "README.md"), "utf-8");
  const [, main = ""] = readme.split(/^```.*\n/m);
  await writeFile(join(app, "main.ts"), main);
}, 120_000);

afterAll(() => rm(app, { recursive: true, force: true }));

test("is what withGlobalTauri brings, too", async () => {
  const script = await readFile(join(PLUGIN, "api-iife.js"), "utf-8");
  const page = { __TAURI__: {} as { rpcWorker?: object } };
  new Function("window", script)(page);
  new Function("window", script)({}); // An app without it has the script, and nothing else.
  const [runtime, io] = await Promise.all([
    import("../src/index.js"),
    import("../src/io/tauri.js"),
  ]);
  const names = Object.keys({ ...runtime, ...io });
  expect(Object.keys(page.__TAURI__.rpcWorker ?? {}).sort()).toEqual(names.sort());
});

test("has the version of the runtime and of the plugin", async () => {
  const crate = await readFile(join(PLUGIN, "Cargo.toml"), "utf-8");
  const versions = [manifest.version, manifest.dependencies["rpc-worker"]];
  expect(versions).toEqual([core.version, core.version]);
  expect(crate).toContain(`\nversion = "${manifest.version}"\n`);
});

test("holds two lines and no runtime, and brings no second one along", async () => {
  const files = await readdir(join(app, "node_modules", manifest.name), { recursive: true });
  expect(files.sort()).toEqual(["LICENSE", "README.md", "index.d.ts", "index.js", "package.json"]);
  const there = await readdir(join(app, "node_modules"));
  const packages = there.filter((name) => !name.startsWith("."));
  expect(packages).toEqual(["@tauri-apps", "rpc-worker", manifest.name]);
});

test("is in order for publint and attw", async () => {
  const [node, attw] = installed("@arethetypeswrong/cli/dist/index.js");
  await run(app, ...installed("publint/src/cli.js"), "run", "--strict", tarball);
  await run(app, node, attw, tarball, "--profile", "esm-only", "--no-definitely-typed");
}, 60_000);

test("exports all that the runtime and its transport for the plugin do, and the very same", async () => {
  const script = `
    import * as guest from "${manifest.name}";
    import * as core from "rpc-worker";
    import * as tauri from "rpc-worker/tauri";
    const all = { ...core, ...tauri };
    const names = new Set([...Object.keys(all), ...Object.keys(guest)]);
    console.log(JSON.stringify({
      other: [...names].filter((name) => guest[name] !== all[name]),
      some: ["TauriIo", "createChannel"].filter((name) => names.has(name)),
    }));
  `;
  await writeFile(join(app, "same.js"), script);
  const printed = await run(app, process.execPath, "same.js");
  expect(JSON.parse(printed)).toEqual({ other: [], some: ["TauriIo", "createChannel"] });
});

const compilers = [
  ["5.9", "typescript"],
  ["6.0", "ts6"],
  ["7.0", "ts7"],
] as const;

test.each(compilers)(
  "compiles in a page, with its declarations checked: TypeScript %s",
  async (_, compiler) => {
    const compilerOptions = {
      strict: true,
      verbatimModuleSyntax: true,
      target: "ES2022",
      lib: ["ES2020", "DOM"],
      module: "ESNext",
      moduleResolution: "bundler",
      types: [],
      skipLibCheck: false,
      noEmit: true,
    };
    const config = JSON.stringify({ compilerOptions, files: ["main.ts"] });
    await writeFile(join(app, "tsconfig.json"), config);
    await run(app, ...installed(`${compiler}/bin/tsc`), "-p", app);
  },
  60_000,
);

const BACKEND = `
from rpc_worker import serve

class Backend:
    async def add(self, a: int, b: int) -> int:
        return a + b

serve(Backend())
`;

test("calls a worker, as its README does, and wants nothing of window.__TAURI__", async () => {
  const plugin = JSON.stringify(join(ADAPTER, "test/worker-plugin.ts"));
  const page = `
    import { WorkerPlugin } from ${plugin};
    Object.assign(globalThis, { window: globalThis, addEventListener: () => undefined });
    const plugin = new WorkerPlugin({ backend: ["python", "backend.py"] });
    await import("./main.js");
    await plugin.quit();
  `;
  await writeFile(join(app, "backend.py"), BACKEND);
  await writeFile(join(app, "page.ts"), page);
  const options = { absWorkingDir: app, bundle: true, format: "esm", outdir: "out" } as const;
  await build({ ...options, entryPoints: ["page.ts"], platform: "node" });
  expect(await run(app, process.execPath, "out/page.js")).toBe("42\n");
  await build({ ...options, entryPoints: ["main.ts"] });
  const main = await readFile(join(app, "out/main.js"), "utf-8");
  expect(main).toContain("__TAURI_INTERNALS__");
  expect(main).not.toContain("__TAURI__");
}, 60_000);
