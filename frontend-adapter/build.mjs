// Builds the npm package into dist/: for each module of src, its JavaScript and its types.
import { execFileSync } from "node:child_process";
import { copyFileSync, readdirSync, rmSync } from "node:fs";

process.chdir(import.meta.dirname);
rmSync("dist", { recursive: true, force: true });
execFileSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  stdio: "inherit",
});
// What is written by hand, tsc reads and leaves where it is.
for (const file of readdirSync("src", { recursive: true }))
  if (/\.(js|d\.ts)$/.test(file)) copyFileSync(`src/${file}`, `dist/${file}`);
copyFileSync("../LICENSE", "LICENSE");
