// Prints how much of a user's bundle is the runtime: the core, and what each feature adds to it. Fails if
// the core is past its limit, so that it cannot creep.
//
// docs/npm-package.md shows the table: `npm run size -- --write` puts it there, and `--check` fails if it
// shows another one. By less than 100 bytes a figure may be off: releases of Node zip differently.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
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

const TRANSPORTS = readdirSync(new URL("src/io", import.meta.url))
  .map((file) => file.replace(".ts", ""))
  .sort();

async function sizes(names, transport) {
  const others = names.filter((name) => name !== "declared");
  const { outputFiles } = await build({
    stdin: {
      contents: `export { ${others.join(", ")} } from "./src/index.js";
        ${others.length < names.length ? `export { declared } from "./src/declared.js";` : ""}
        ${transport ? `export * from "./src/io/${transport}.js";` : ""}`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["@tauri-apps/*", "node:*"],
    write: false,
  });
  const code = outputFiles[0].contents;
  return { minified: code.length, zipped: gzipSync(code, { level: 9 }).length };
}

const core = await sizes(CORE);

/** What is in the table: a text and a number of bytes each. */
const rows = [[`the core: ${CORE.map(code).join(", ")}`, core.zipped]];

function code(name) {
  return `\`${name}\``;
}

async function add(names, base = CORE) {
  const { zipped } = await sizes(base);
  const beside = base === CORE ? "" : `, beside ${code(base.at(-1))}`;
  for (const name of names)
    rows.push([`+ ${code(name)}${beside}`, (await sizes([...base, name])).zipped - zipped]);
}

await add(FEATURES);
await add(CONVERTED);
await add(CODECS, [...CORE, "value"]);
await add(ERRORS);
for (const name of TRANSPORTS)
  rows.push([`+ ${code(`rpc-worker/${name}`)}`, (await sizes(CORE, name)).zipped - core.zipped]);
rows.push(["all but the transports", (await sizes(ALL)).zipped]);

const PAGE = new URL("../docs/npm-package.md", import.meta.url);
const [BEGIN, END] = ["<!-- sizes -->\n", "<!-- /sizes -->"];

const [before, rest] = readFileSync(PAGE, "utf-8").split(BEGIN);
const [shown, after] = rest.split(END);
const lines = rows.map(([name, bytes]) => `| ${name} | ${(bytes / 1000).toFixed(1)} kB |\n`);
const table = `| | minified and gzipped |\n|---|--:|\n${lines.join("")}`;

/** Whether the page has the same rows, each off by less than its figures tell. */
function isShown() {
  const figures = [...shown.matchAll(/^\| (.*) \| ([\d.]+) kB \|$/gm)];
  const isAlike = ([, name, kilobytes], index) =>
    name === rows[index]?.[0] && Math.abs(kilobytes * 1000 - rows[index][1]) < 100;
  return figures.length === rows.length && figures.every(isAlike);
}

const [option] = process.argv.slice(2);
if (option === "--write") writeFileSync(PAGE, before + BEGIN + table + END + after);
else if (option === undefined)
  console.log(`${table}\nThe core: ${core.minified} bytes minified, ${core.zipped} gzipped.`);
else if (!isShown()) {
  console.error("docs/npm-package.md shows other sizes. To put it right: npm run size -- --write");
  process.exitCode = 1;
}
if (core.zipped > LIMIT) {
  console.error(`The core has ${core.zipped} bytes gzipped; it may have ${LIMIT}.`);
  process.exitCode = 1;
}
