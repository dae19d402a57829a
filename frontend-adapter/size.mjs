// Prints how large the core is in a user's bundle, and what each feature adds to it. Fails if the core
// is past its limit, so that it cannot creep.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const LIMIT = 6790; // 6.6 KiB

// What an app imports: the table of codes, for one, is only there for those who use it.
const CORE = ["createChannel", "createClient", "RpcError"];

const FEATURES = ["event", "expose", "stream", "callback", "progress"];

async function sizes(names) {
  const { outputFiles } = await build({
    stdin: {
      contents: `export { ${names.join(", ")} } from "./src/index.js";`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    write: false,
  });
  const code = outputFiles[0].contents;
  return { minified: code.length, zipped: gzipSync(code, { level: 9 }).length };
}

const core = await sizes(CORE);
console.log(`core: ${core.minified} bytes minified, ${core.zipped} gzipped (limit ${LIMIT})`);
for (const feature of FEATURES) {
  const { zipped } = await sizes([...CORE, feature]);
  console.log(`${feature}: ${zipped - core.zipped} more`);
}
console.log(`all: ${(await sizes([...CORE, ...FEATURES])).zipped} gzipped`);
process.exitCode = core.zipped > LIMIT ? 1 : 0;
