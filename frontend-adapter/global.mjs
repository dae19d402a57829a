// Writes what Tauri puts into each page of an app that has `withGlobalTauri` set, so that a page without
// a bundler has the runtime and the plugin's transport as `window.__TAURI__.rpcWorker`. `--check` fails
// if that is not what the sources give.
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const FILE = new URL("../tauri-plugin-rpc-worker/api-iife.js", import.meta.url);

const { outputFiles } = await build({
  stdin: {
    contents: `export * from "./src/index.js"; export * from "./src/io/tauri.js";`,
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  minify: true,
  format: "iife",
  globalName: "__TAURI_PLUGIN_RPC_WORKER__",
  target: "es2022",
  write: false,
});
// Tauri runs it in every page: one without the global has nothing to put it into.
const script = `if ("__TAURI__" in window) {
${outputFiles[0].text.trim()}
Object.defineProperty(window.__TAURI__, "rpcWorker", { value: __TAURI_PLUGIN_RPC_WORKER__ });
}
`;

if (!process.argv.includes("--check")) writeFileSync(FILE, script);
else if (readFileSync(FILE, "utf-8") !== script) {
  console.error("api-iife.js is not what the sources give; write it: npm run global");
  process.exitCode = 1;
}
