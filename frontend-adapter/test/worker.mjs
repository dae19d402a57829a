// The smallest worker, on Node, that does on request what a worker should not.
import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { createInterface } from "node:readline";

const write = (message) =>
  process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const hello = {
  protocol: 1,
  name: "test",
  version: "1",
  contract: "c1",
  instance: String(process.pid),
  pid: process.pid,
};

const methods = {
  "system.hello": () => hello,
  echo: (value) => value,
  environment: (name) => process.env[name] ?? null,
  pid: () => process.pid,
  exit: (code) => process.exit(code),
  complain: (text, code) => new Promise(() => process.stderr.write(text, () => process.exit(code))),
  kill: () => process.kill(process.pid, "SIGKILL"),
  closeStdout: () => {
    closeSync(1);
    return new Promise(() => setInterval(() => undefined, 1000));
  },
  /** Leaves a child behind that holds our stdout and stderr open. */
  orphan: (code) => {
    spawn(process.execPath, ["-e", "setTimeout(() => {}, 5000)"], {
      stdio: ["ignore", "inherit", "inherit"],
      detached: true,
    }).unref();
    process.exit(code);
  },
  /** Goes on when its stdin has ended. */
  linger: () => void setInterval(() => undefined, 1000),
  split: async (text) => {
    // Each byte of the answer by itself, and a turn of the loop between them.
    const line = Buffer.from(
      `${JSON.stringify({ jsonrpc: "2.0", method: "said", params: [text] })}\n`,
    );
    for (const byte of line)
      await new Promise((resolve) => process.stdout.write(Buffer.of(byte), resolve));
    return text;
  },
};

write({ method: "$/ready", params: hello });
for await (const line of createInterface({ input: process.stdin })) {
  const { id, method, params = [] } = JSON.parse(line);
  if (id === undefined) continue;
  const result = await methods[method](...(Array.isArray(params) ? params : [params]));
  write({ id, result: result ?? null });
}
