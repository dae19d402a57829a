// Prints how large the core is in a user's bundle, and what each feature adds to it. Fails if the core
// is past its limit, so that it cannot creep.
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const LIMIT = 6000; // 5.9 KiB

// What an app imports: the table of codes, for one, is only there for those who use it.
const CORE = ["createChannel", "createClient", "RpcError"];

const FEATURES = ["batch", "event", "expose", "stream", "callback", "progress"];

// What is there for those whose types JSON has no form for.
const CONVERTED = ["value", "eventOf", "streamOf", "callbackOf", "progressOf"];
const CODECS = [
  "date",
  "duration",
  "bytes",
  "bigint",
  "list",
  "dict",
  "members",
  "tagged",
  "either",
];

// What is there for those who want to know what went wrong.
const ERRORS = ["declared", "safe"];

const ALL = [...CORE, ...FEATURES, ...CONVERTED, ...CODECS, ...ERRORS];

async function sizes(names) {
  const others = names.filter((name) => name !== "declared");
  const { outputFiles } = await build({
    stdin: {
      contents: `export { ${others.join(", ")} } from "./src/index.js";
        ${others.length < names.length ? `export { declared } from "./src/declared.js";` : ""}`,
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

async function print(names, base = CORE) {
  const { zipped } = await sizes(base);
  for (const name of names)
    console.log(`${name}: ${(await sizes([...base, name])).zipped - zipped} more`);
}

await print(FEATURES);
await print(CONVERTED);
await print(CODECS, [...CORE, "value"]);
await print(ERRORS);
console.log(`all: ${(await sizes(ALL)).zipped} gzipped`);
process.exitCode = core.zipped > LIMIT ? 1 : 0;
