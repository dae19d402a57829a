// Runs the Python of .venv in the folder backend, on every system: node python.mjs ARGUMENTS
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const windows = process.platform === "win32";
const python = fileURLToPath(
  new URL(windows ? ".venv/Scripts/python.exe" : ".venv/bin/python", import.meta.url),
);
if (!existsSync(python)) {
  console.error(`There is no ${python}; the README says how to set it up.`);
  process.exit(1);
}
const cwd = fileURLToPath(new URL("backend", import.meta.url));
const { status } = spawnSync(python, process.argv.slice(2), { cwd, stdio: "inherit" });
process.exit(status ?? 1);
