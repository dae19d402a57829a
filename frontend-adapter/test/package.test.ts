/** The npm package, as somebody gets it who has never seen the checkout. */

import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../package.json" with { type: "json" };
import { ADAPTER, MODULES, install, installed, pack, run } from "./npm.js";

const IO = (await readdir(join(ADAPTER, "src/io"))).map((file) => file.replace(".ts", "")).sort();

/** A folder in which nothing is found but what is installed there. */
let app: string;
let tarball: string;

beforeAll(async () => {
  app = await mkdtemp(join(tmpdir(), "rpc-worker-package-"));
  tarball = await pack(ADAPTER, app);
  await install(app, tarball);
}, 120_000);

afterAll(() => rm(app, { recursive: true, force: true }));

test("has the core and each transport, and the types of each first", () => {
  const module = (path: string): object => ({
    types: `./dist/${path}.d.ts`,
    default: `./dist/${path}.js`,
  });
  expect(JSON.stringify(manifest.exports, null, 2)).toBe(
    JSON.stringify(
      {
        ".": module("index"),
        "./declared": module("declared"),
        ...Object.fromEntries(IO.map((name) => [`./${name}`, module(`io/${name}`)])),
        "./package.json": "./package.json",
      },
      null,
      2,
    ),
  );
});

test("has the version of the worker", async () => {
  const python = await readFile(join(ADAPTER, "../rpc_worker/__init__.py"), "utf-8");
  expect(python).toContain(`__version__ = "${manifest.version}"`);
});

test("holds what was built of each source, and nothing else", async () => {
  const folders = ["dist", join("dist", "io")];
  const all = await readdir(join(app, "node_modules/rpc-worker"), { recursive: true });
  const held = all.filter((file) => !folders.includes(file));
  const sources = (await readdir(join(ADAPTER, "src"), { recursive: true })).filter((file) =>
    /\.[jt]s$/.test(file),
  );
  const built = new Set(
    sources.flatMap((file) => {
      const name = file.replace(/(\.d)?\.[jt]s$/, "");
      return [`dist/${name}.js`, `dist/${name}.d.ts`];
    }),
  );
  expect(held.sort()).toEqual([...built, "LICENSE", "README.md", "package.json"].sort());
});

test("brings nothing along", async () => {
  const there = await readdir(join(app, "node_modules"));
  expect(there.filter((name) => !name.startsWith("."))).toEqual(["rpc-worker"]);
});

test("is in order for publint and attw", async () => {
  const [node, attw] = installed("@arethetypeswrong/cli/dist/index.js");
  await Promise.all([
    run(app, ...installed("publint/src/cli.js"), "run", "--strict", tarball),
    run(app, node, attw, tarball, "--profile", "esm-only", "--no-definitely-typed"),
  ]);
}, 60_000);

describe("compiles, with its declarations checked", { timeout: 60_000 }, () => {
  /** Makes a project that has the package, and what else is installed for it. */
  async function project(options: object, files: Record<string, string>, ...others: string[]) {
    const folder = await mkdtemp(join(app, "project-"));
    await mkdir(join(folder, "node_modules"));
    const modules = join(folder, "node_modules");
    await cp(join(app, "node_modules/rpc-worker"), join(modules, "rpc-worker"), {
      recursive: true,
    });
    for (const name of others) await symlink(join(MODULES, name), join(modules, name));
    const compilerOptions = {
      strict: true,
      exactOptionalPropertyTypes: true,
      verbatimModuleSyntax: true,
      target: "ES2022",
      lib: ["ES2020", "DOM"],
      skipLibCheck: false,
      rootDir: ".",
      outDir: "out",
      ...options,
    };
    const config = { compilerOptions, include: Object.keys(files) };
    const texts = { "package.json": { type: "module" }, "tsconfig.json": config };
    for (const [name, content] of Object.entries({ ...texts, ...files })) {
      const text = typeof content === "string" ? content : JSON.stringify(content);
      await writeFile(join(folder, name), text);
    }
    return folder;
  }

  const compilers = [
    ["5.9", "typescript"],
    ["6.0", "ts6"],
    ["7.0", "ts7"],
  ] as const;

  test.each(compilers)("in a page, without any other types: TypeScript %s", async (_, compiler) => {
    const folder = await project(
      { module: "ESNext", moduleResolution: "bundler", types: [] },
      {
        "page.ts": `
          import { type CallOptions, type Channel, createChannel } from "rpc-worker";
          import { memoryPair } from "rpc-worker/memory";

          export const channel: Channel = createChannel(memoryPair()[0]);
          export const call = (options: CallOptions): Promise<unknown> =>
            channel.call("add", [1, 2], options);
        `,
      },
    );
    await run(folder, ...installed(`${compiler}/bin/tsc`), "-p", folder);
  });

  test.each(compilers)("in Node, with every transport: TypeScript %s", async (_, compiler) => {
    const names = ["declared", ...IO];
    const imports = names.map((name, index) => `import * as m${index} from "rpc-worker/${name}";`);
    const used = `export const modules: object[] = [${names.map((_, index) => `m${index}`).join()}];`;
    const [backend = "", main = ""] = (await readFile(join(ADAPTER, "README.md"), "utf-8"))
      .split(/^```.*\n/m)
      .filter((_, index) => index % 2 === 1);
    const folder = await project(
      { module: "NodeNext", types: ["node"] },
      { "all.ts": [...imports, used].join("\n"), "main.ts": main },
      "@tauri-apps",
      "@types",
    );
    await run(folder, ...installed(`${compiler}/bin/tsc`), "-p", folder);
    if (compiler !== "typescript") return;
    // What the README shows, against a worker.
    await writeFile(join(folder, "backend.py"), backend);
    const printed = await run(folder, process.execPath, "out/main.js");
    expect(printed).toMatch(/^42\n-32602 Invalid params: add, a: expected .*\n$/);
  });
});
