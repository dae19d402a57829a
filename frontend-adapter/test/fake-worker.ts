/** The other end of an in-memory channel: a worker that does what a test says, line by line. */

import { LineBuffer } from "../src/lines.js";
import { memoryPair } from "../src/io/memory.js";
import { createChannel } from "../src/index.js";
import type { Channel, ChannelOptions } from "../src/index.js";
import type { Transport } from "../src/transport.js";
import { receiver } from "./receiver.js";

export interface Received {
  readonly jsonrpc: string;
  readonly id?: unknown;
  readonly method?: string;
  readonly session?: string;
  readonly params?: unknown;
  readonly timeoutMs?: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export const HELLO = {
  protocol: 1,
  name: "fake",
  version: "1",
  contract: "c1",
  instance: "i1",
  pid: 1,
};

export class FakeWorker {
  /** Each chunk as it came. */
  readonly chunks: string[] = [];
  readonly #io: Transport;
  readonly #lines = new LineBuffer(1_000_000);
  readonly #unread: string[] = [];
  #waiter: ((line: string) => void) | undefined;

  constructor(io: Transport) {
    this.#io = io;
    void io.open(
      receiver({
        chunk: (text) => {
          this.chunks.push(text);
          for (const line of this.#lines.feed(text)) this.#take(String(line));
        },
        closed: () => undefined,
      }),
    );
  }

  #take(line: string): void {
    if (this.#waiter) this.#waiter(line);
    else this.#unread.push(line);
    this.#waiter = undefined;
  }

  /** The next line that the channel wrote. */
  line(): Promise<string> {
    const line = this.#unread.shift();
    return line !== undefined
      ? Promise.resolve(line)
      : new Promise((resolve) => (this.#waiter = resolve));
  }

  async message(): Promise<Received> {
    return JSON.parse(await this.line()) as Received;
  }

  /** Lines that came and that no test has asked for. */
  get unread(): readonly string[] {
    return this.#unread;
  }

  say(...lines: (string | object)[]): void {
    const texts = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)));
    void this.#io.write(texts.map((text) => `${text}\n`).join(""));
  }

  answer(id: unknown, result: unknown): void {
    this.say({ jsonrpc: "2.0", id, result });
  }

  refuse(id: unknown, code: number, message: string, data?: unknown): void {
    this.say({ jsonrpc: "2.0", id, error: { code, message, data } });
  }

  /** Sends a notification, to one session or to all. */
  notify(method: string, params: unknown, session?: string): void {
    this.say({ jsonrpc: "2.0", session, method, params });
  }

  /** Sends a request to a session. */
  ask(id: string, method: string, params?: unknown, timeoutMs?: number): void {
    this.say({ jsonrpc: "2.0", id, method, params, timeoutMs });
  }

  /** Waits for hello and answers it; returns the session. */
  async greet(answer: object = HELLO): Promise<string> {
    const { id, method, params } = await this.message();
    if (method !== "system.hello") throw new Error(`expected system.hello, got ${method}`);
    this.answer(id, answer);
    return (params as { session: string }).session;
  }

  close(): void {
    this.#io.close();
  }
}

export interface Fixture {
  readonly channel: Channel;
  readonly worker: FakeWorker;
  readonly errors: Error[];
}

export function connect(options: ChannelOptions = {}): Fixture {
  const [ours, theirs] = memoryPair();
  const errors: Error[] = [];
  const channel = createChannel(ours, { onError: (error) => errors.push(error), ...options });
  return { channel, worker: new FakeWorker(theirs), errors };
}

/** Lets everything that is in memory run to its end. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What a promise rejects with; fails if it does not. */
export async function failure(promise: Promise<unknown>): Promise<unknown> {
  const value = await promise.then(
    (result) => ({ result }),
    (thrown: unknown) => ({ thrown }),
  );
  if ("thrown" in value) return value.thrown;
  throw new Error(`expected a rejection, got ${JSON.stringify(value.result)}`);
}
