/**
 * The page that measures, behind each way from a window to Python: the four relays with the whole
 * channel on, two of them with a message an event and nothing else, a localhost WebSocket, localhost
 * HTTP, and `invoke` of a command that does nothing. What is measured, and when, is asked from
 * outside: `benchmarks/window.py`.
 */

import { invoke } from "@tauri-apps/api/core";
import { emit, listen } from "@tauri-apps/api/event";
import { Command } from "@tauri-apps/plugin-shell";
import { probe, type Probe } from "./rpc/probe.js";
import { createChannel, createClient } from "./rpc/runtime/index.js";
import type { Channel, Transport } from "./rpc/runtime/index.js";
import { TauriEventIo } from "./rpc/runtime/io/tauri-event.js";
import { TauriPluginJsIo } from "./rpc/runtime/io/tauri-plugin-js.js";
import { TauriShellIo } from "./rpc/runtime/io/tauri-shell.js";
import { TauriIo } from "./rpc/runtime/io/tauri.js";

/** A way from the page to Python. What it lacks is not measured for it. */
interface Way {
  /** A small call. */
  add(a: number, b: number): Promise<number>;
  echo?(text: string): Promise<string>;
  /** A text of this size, which comes. */
  text?(size: number): Promise<string>;
  /** Has so many numbers come; returns how many came. */
  count?(numbers: number): Promise<number>;
}

// ------------------------------------------------------------------------------ with the channel

function whole(transport: Transport): Way {
  const channel: Channel = createChannel(transport);
  const worker: Probe = createClient(probe, channel);
  return {
    add: (a, b) => worker.add(a, b),
    echo: (text) => worker.echo(text),
    text: (size) => worker.text(size),
    count: async (numbers) => {
      let came = 0;
      for await (const batch of worker.numbers(numbers).batches()) came += batch.length;
      return came;
    },
  };
}

// ------------------------------------------------------------------- a message an event, by hand

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly result?: unknown;
  readonly error?: { readonly message: string };
}

/** Calls that wait for their answers, each sent as a message of its own. */
class Waiting {
  counted = 0;
  readonly #send: (message: string) => unknown;
  readonly #waiting = new Map<
    number,
    { resolve: (value: never) => void; reject: (error: Error) => void }
  >();
  #id = 0;

  constructor(send: (message: string) => unknown) {
    this.#send = send;
  }

  call<T>(method: string, ...params: unknown[]): Promise<T> {
    const id = (this.#id += 1);
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  received(line: string): void {
    if (!this.#waiting.size) return; // It is for another one who listens.
    const { id, method, result, error } = JSON.parse(line) as Answer;
    if (method === "counted") this.counted += 1;
    const waiting = this.#waiting.get(id ?? 0);
    if (!waiting) return;
    this.#waiting.delete(id ?? 0);
    if (error) waiting.reject(new Error(error.message));
    else waiting.resolve(result as never);
  }

  async count(method: string, numbers: number): Promise<number> {
    this.counted = 0;
    await this.call(method, numbers);
    return this.counted;
  }
}

function byHand(waiting: Waiting): Way {
  return {
    add: (a, b) => waiting.call("add", a, b),
    count: (numbers) => waiting.count("tellNumbers", numbers),
  };
}

async function eventsByHand(): Promise<Way> {
  const waiting = new Waiting((line) => emit("frontend-to-runtime", `${line}\n`));
  await listen<string>("runtime-stdout", ({ payload }) => waiting.received(payload));
  return byHand(waiting);
}

async function shellByHand(): Promise<Way> {
  const command = Command.create("python", ["worker.py"]);
  const waiting = new Waiting((line) => child.write(`${line}\n`));
  command.stdout.on("data", (line) => line.trim() && waiting.received(line));
  const child = await command.spawn();
  return byHand(waiting);
}

// ----------------------------------------------------------------------------- without Tauri's ways

async function webSocket(port: string): Promise<Way> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  const waiting = new Waiting((message) => socket.send(message));
  socket.addEventListener("message", ({ data }) => waiting.received(data as string));
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve);
    socket.addEventListener("error", reject);
  });
  return {
    ...byHand(waiting),
    echo: (text) => waiting.call("echo", text),
    text: (size) => waiting.call("text", size),
  };
}

function http(port: string): Way {
  const ask = async (path: string, body: unknown): Promise<Response> => {
    const headers = { "Content-Type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await fetch(`http://127.0.0.1:${port}/${path}`, init);
    if (!response.ok) throw new Error(await response.text());
    return response;
  };
  const call = async <T>(path: string, body: unknown): Promise<T> =>
    (await ask(path, body)).json() as Promise<T>;
  return {
    add: (a, b) => call("add", { a, b }),
    echo: (text) => call("echo", { text }),
    text: (size) => call("text", { size }),
    // A line a number.
    count: async (numbers) => {
      const { body } = await ask("numbers", { up_to: numbers });
      if (!body) throw new Error("The answer has no body");
      const [reader, decoder] = [body.getReader(), new TextDecoder()];
      let [came, rest] = [0, ""];
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return came;
        const lines = (rest + decoder.decode(value, { stream: true })).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) if (Number.isInteger(JSON.parse(line))) came += 1;
      }
    },
  };
}

// ------------------------------------------------------------------------------------- measuring

const ways: Record<string, Way> = {};

/** Opens all ways, and sees that each of them works. */
async function open(webSocketPort: string, httpPort: string): Promise<string[]> {
  Object.assign(ways, {
    invoke: { add: async (a, b) => (await invoke("nothing"), a + b) } satisfies Way,
    plugin: whole(new TauriIo("probe")),
    event: whole(new TauriEventIo()),
    shell: whole(new TauriShellIo(Command.create("python", ["worker.py"]))),
    js: whole(new TauriPluginJsIo("probe", { command: "python", args: ["worker.py"] })),
    "event-by-hand": await eventsByHand(),
    "shell-by-hand": await shellByHand(),
    websocket: await webSocket(webSocketPort),
    http: http(httpPort),
  });
  for (const [name, way] of Object.entries(ways)) {
    expect(name, await way.add(19, 23), 42);
    if (way.echo) expect(name, await way.echo("ä"), "ä");
    if (way.text) expect(name, (await way.text(9)).length, 9);
    if (way.count) expect(name, await way.count(10), 10);
  }
  return Object.keys(ways);
}

function expect(what: string, found: unknown, expected: unknown): void {
  if (found !== expected) throw new Error(`${what}: ${String(found)}, not ${String(expected)}`);
}

function find(name: string): Way {
  const way = ways[name];
  if (!way) throw new Error(`There is no way that is called ${name}`);
  return way;
}

/** Microseconds for each of the calls that are made one after the other for so long. */
async function oneAtATime(name: string, milliseconds: number): Promise<number> {
  const way = find(name);
  const begin = performance.now();
  let [calls, taken] = [0, 0];
  do {
    expect(name, await way.add(calls, 1), (calls += 1));
    taken = performance.now() - begin;
  } while (taken < milliseconds);
  return (taken * 1000) / calls;
}

/** Calls a second, of so many at once. */
async function atOnce(name: string, calls: number): Promise<number> {
  const way = find(name);
  const numbers = Array.from({ length: calls }, (_, number) => number);
  const begin = performance.now();
  const sums = await Promise.all(numbers.map((number) => way.add(number, 1)));
  const taken = performance.now() - begin;
  for (const number of numbers) expect(name, sums[number], number + 1);
  return (calls * 1000) / taken;
}

/** Milliseconds until a text of so many bytes has gone there and come back. */
async function echo(name: string, bytes: number): Promise<number> {
  const text = "x".repeat(bytes);
  const begin = performance.now();
  const came = await find(name).echo?.(text);
  const taken = performance.now() - begin;
  expect(name, came === text, true);
  return taken;
}

/** Items a second of a stream, and the milliseconds that the page was kept longest from all else. */
async function stream(name: string, items: number): Promise<[number, number]> {
  let [longest, before] = [0, performance.now()];
  const ticking = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - before - TICK_MS);
    before = now;
  }, TICK_MS);
  const begin = performance.now();
  const came = await find(name).count?.(items);
  const taken = performance.now() - begin;
  // What is still to be done at once is part of the last task.
  await new Promise((resolve) => setTimeout(resolve, 2 * TICK_MS));
  clearInterval(ticking);
  expect(name, came, items);
  return [(items * 1000) / taken, longest];
}

const TICK_MS = 5;

/** Milliseconds of each small call that is made, one after the other, while a large text comes. */
async function during(name: string, bytes: number): Promise<number[]> {
  const way = find(name);
  const times: number[] = [];
  let coming = true;
  const text = way.text?.(bytes).finally(() => (coming = false));
  do {
    const begin = performance.now();
    await way.add(1, 2);
    times.push(performance.now() - begin);
  } while (coming);
  expect(name, (await text)?.length, bytes);
  return times;
}

Object.assign(globalThis, { measure: { open, oneAtATime, atOnce, echo, stream, during } });
