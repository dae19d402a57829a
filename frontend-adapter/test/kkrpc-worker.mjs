// A worker as kkrpc's users write it today, on Node.
import process from "node:process";
import { NodeIo, RPCChannel } from "kkrpc";

class NotFound extends Error {
  name = "NotFound";

  constructor(path) {
    super("no such file");
    this.path = path;
  }
}

const DAY = 86_400_000;

const api = {
  add: async (a, b) => a + b,
  echo: async (message) => message,
  getSystemInfo: async () => ({
    runtime: "node",
    pid: process.pid,
    platform: process.platform,
    arch: process.arch,
  }),
  math: { square: async (x) => x * x },
  each: async (values, callback) => {
    for (const value of values) callback(value);
    return values.length;
  },
  fail: async (message) => {
    throw new Error(message);
  },
  greet: async (name, greeting = "Hello") => `${greeting}, ${name}`,
  nothing: async () => undefined,
  find: async (name) => name || null,
  unique: async (dates) => new Set([...dates].filter((date) => date instanceof Date)),
  postpone: async ({ begins, picture, seats, ...meeting }, days) => ({
    ...meeting,
    begins: new Date(begins.getTime() + days * DAY),
    picture: picture.slice().reverse(),
    seats: seats * 2n,
  }),
  open: async (path) => {
    throw new NotFound(path);
  },
  ask: (question) => page.confirm(question),
  askEach: async (values) => {
    const told = [];
    await page.each(values, (value) => told.push(value));
    return told;
  },
};

const channel = new RPCChannel(new NodeIo(process.stdin, process.stdout), { expose: api });
const page = channel.getAPI();
