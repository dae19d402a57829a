// Prints how large the core is in a user's bundle. Fails past the limit, so that it cannot creep.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const LIMIT = 4710; // 4.6 KiB

const { outputFiles } = await build({
  // What an app imports: the table of codes, for one, is only there for those who use it.
  stdin: {
    contents: 'export { createChannel, createClient, RpcError } from "./src/index.js";',
    resolveDir: import.meta.dirname,
  },
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  write: false,
});
const code = outputFiles[0].contents;
const zipped = gzipSync(code, { level: 9 }).length;
console.log(`core: ${code.length} bytes minified, ${zipped} gzipped (limit ${LIMIT})`);
process.exitCode = zipped > LIMIT ? 1 : 0;
