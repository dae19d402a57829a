// A worker as kkrpc's users write it today, on Node.
import process from "node:process";
import { NodeIo, RPCChannel } from "kkrpc";

const api = {
  add: async (a, b) => a + b,
  echo: async (message) => message,
  math: { square: async (x) => x * x },
  each: async (values, callback) => {
    for (const value of values) callback(value);
    return values.length;
  },
  fail: async (message) => {
    throw new Error(message);
  },
};

new RPCChannel(new NodeIo(process.stdin, process.stdout), { expose: api });
