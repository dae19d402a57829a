// Stands in for a worker with kkrpc 2, which npm does not have: what it writes was seen of a real one.
import process from "node:process";
import { createInterface } from "node:readline";

const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

const api = {
  add: (a, b) => a + b,
  echo: (message) => message,
  each: (values, callback) => {
    for (const value of values) callback(value);
    return values.length;
  },
  fail: (message) => {
    throw new TypeError(message);
  },
  exit: (code) => process.exit(code),
};

const decode = (arg) =>
  arg.__kkrpc_next_arg__ === "value"
    ? arg.v
    : (...args) =>
        say({
          t: "cb",
          id: arg.id,
          a: args.map((v) => ({ __kkrpc_next_arg__: "value", v })),
        });

process.stdout.write("a line that is not meant for anybody\n\n");
say({ jsonrpc: "2.0", method: "$/ready", params: {} });
for await (const line of createInterface({ input: process.stdin })) {
  const { t, id, p, a = [] } = JSON.parse(line);
  if (t !== "q") continue;
  try {
    say({ t: "r", id, v: api[p.join(".")](...a.map(decode)) });
  } catch (error) {
    say({ t: "r", id, e: { n: error.name, m: error.message } });
  }
}
