/**
 * Stands in for the Rust of the Tauri plugin `rpc-worker`: its commands, its relay and its channel, with
 * real processes. What runs in the page is Tauri's own JavaScript.
 */

import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { mockIPC } from "@tauri-apps/api/mocks";
import { LastLines } from "../src/last-lines.js";
import type { PluginMessage, PythonRuntimes, WorkerExit, WorkerStatus } from "../src/plugin.js";
import { settle } from "./fake-worker.js";

/** A message of this size is fetched by the page, and later ones overtake it. */
const FETCHED = 8192;

/** How much the page may have written that the worker has not read. */
const QUEUE = 16 * 1024 * 1024;

/** How a line for one session begins. */
const ADDRESSED = /^\{"jsonrpc":"2\.0",(?:"id":"([\w-]+):|"session":"([\w-]+)")/;

export interface Arguments {
  readonly worker: string;
  readonly session: string;
  readonly channel: string;
  readonly text: string;
  readonly received: number;
  readonly grace?: number;
}

export interface Invoked {
  readonly name: string;
  readonly args: Partial<Arguments> | Uint8Array;
  readonly headers: unknown;
}

interface Options {
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is the same for all of its workers. */
export interface Settings {
  /** How many bytes may be out to a window before the worker is not read, and how long that may last. */
  limit: number;
  patienceMs: number;
  /** How many bytes a line may have. */
  lineLimit: number;
}

export class WorkerPlugin {
  readonly invoked: Invoked[] = [];
  /** Commands that the page has no permission for. */
  readonly forbidden: Set<string> = new Set();
  readonly settings: Settings = { limit: 64 << 20, patienceMs: 5000, lineLimit: 64 << 20 };
  readonly runtimes: PythonRuntimes = { runtimes: [], overrides: {} };
  /** Awaited before a command is carried out. */
  before: (invoked: Invoked) => Promise<unknown> = settle;
  readonly page: Page = new Page();
  readonly #workers: Map<string, Worker>;
  readonly #underWay: Promise<unknown>[] = [];

  /** `declared` has the workers' commands by their names. */
  constructor(declared: Readonly<Record<string, readonly string[]>>) {
    const worker = (name: string, command: readonly string[]): [string, Worker] => [
      name,
      new Worker(name, command, this.settings, this.page),
    ];
    this.#workers = new Map(Object.entries(declared).map((entry) => worker(...entry)));
    mockIPC(() => undefined); // It does not see a command's headers.
    window.__TAURI_INTERNALS__.invoke = (command, args, options): Promise<unknown> => {
      const name = command.replace("plugin:rpc-worker|", "");
      const invoked = this.#invoke(name, args, options as Options);
      this.#underWay.push(invoked);
      return invoked;
    };
  }

  worker(name: string): Worker {
    const worker = this.#workers.get(name);
    if (!worker) throw { kind: "unknownWorker", message: `No worker '${name}' is declared.` };
    return worker;
  }

  /** The commands that were carried out, or those of one name. */
  calls(name?: string): Partial<Arguments>[] {
    const calls = this.invoked.filter((invoked) => !name || invoked.name === name);
    return calls.map(({ args }) => args as Partial<Arguments>);
  }

  /** The next page of a window is loaded: the sessions of the one before are over. */
  pageLoads(): void {
    for (const worker of this.#workers.values()) worker.leave();
  }

  /** The app quits. */
  async quit(): Promise<void> {
    this.page.resume();
    await settle(); // Until what the page does at last is asked for.
    await Promise.allSettled(this.#underWay);
    await Promise.all([...this.#workers.values()].map((worker) => worker.kill()));
  }

  async #invoke(name: string, payload: unknown, options?: Options): Promise<unknown> {
    const args =
      payload instanceof Uint8Array
        ? payload
        : // Through JSON, as all that crosses but bytes.
          (JSON.parse(JSON.stringify(payload)) as Arguments);
    const invoked = { name, args, headers: options?.headers };
    await this.before(invoked);
    this.invoked.push(invoked);
    if (this.forbidden.has(name)) throw `rpc-worker.${name} not allowed`;
    if (args instanceof Uint8Array) {
      const { worker = "", session = "" } = options?.headers ?? {};
      return this.worker(worker).write(Buffer.from(args), session);
    }
    if (name === "list") return [...this.#workers.values()].map(({ status }) => status);
    if (name === "runtimes") return this.runtimes;
    const worker = this.worker(args.worker);
    if (name === "status") return worker.status;
    if (name === "attach") return worker.attach(args.session, args.channel);
    if (name === "detach") return worker.detach(args.session);
    if (name === "write") return worker.write(Buffer.from(args.text), args.session);
    if (name === "credit") return worker.credit(args.session, args.received);
    if (name === "start") return worker.start();
    if (name === "kill") return worker.kill(args.grace);
    if (name === "restart") return worker.restart(args.grace);
    throw `nobody serves ${name}`;
  }
}

/** Takes messages one after the other, unless it is busy. */
class Page {
  #waiting: (() => void)[] | undefined;

  /** It runs something else from now on. */
  hang(): void {
    this.#waiting ??= [];
  }

  resume(): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const take of waiting) take();
  }

  take(callback: number, message: object): void {
    const take = (): void => window.__TAURI_INTERNALS__.runCallback(callback, message);
    if (this.#waiting) this.#waiting.push(take);
    else take();
  }
}

/** A session of a page, and the sizes of the messages that it has not taken yet. */
class Attachment {
  readonly session: string;
  readonly sizes: number[] = [];
  #taken = 0;
  #index = 0;
  readonly #callback: number;
  readonly #page: Page;

  constructor(session: string, channel: string, page: Page) {
    this.session = session;
    this.#callback = Number(channel.replace("__CHANNEL__:", ""));
    this.#page = page;
  }

  get out(): number {
    return this.sizes.reduce((sum, size) => sum + size, 0);
  }

  send(message: PluginMessage): void {
    const isRaw = message instanceof ArrayBuffer;
    const size = isRaw ? message.byteLength : Buffer.byteLength(JSON.stringify(message));
    this.sizes.push(size);
    const sent = { message, index: this.#index++ };
    if (size < FETCHED) this.#page.take(this.#callback, sent);
    else setImmediate(() => this.#page.take(this.#callback, sent));
  }

  credit(received: number): void {
    const count = received - this.#taken;
    if (count <= 0) return;
    this.#taken = received;
    this.sizes.splice(0, count);
  }

  /** The Rust half of the channel is dropped. */
  end(): void {
    this.#page.take(this.#callback, { end: true, index: this.#index });
  }
}

export class Worker {
  status: WorkerStatus;
  /** The sessions that were let go, since they took nothing. */
  readonly letGo: string[] = [];
  attached: Attachment[] = [];
  command: readonly string[];
  readonly #settings: Settings;
  readonly #page: Page;
  #child: ChildProcessWithoutNullStreams | undefined;
  #over: Promise<unknown> = Promise.resolve();
  #patience: ReturnType<typeof setTimeout> | undefined;

  constructor(name: string, command: readonly string[], settings: Settings, page: Page) {
    this.status = { worker: name, state: "stopped", pid: null, since: 0, exit: null };
    this.command = command;
    this.#settings = settings;
    this.#page = page;
  }

  async attach(session: string, channel: string): Promise<WorkerStatus> {
    this.#remove(session);
    const attachment = new Attachment(session, channel, this.#page);
    this.attached.push(attachment);
    try {
      return await this.start();
    } catch (refusal) {
      this.#remove(session);
      throw refusal;
    }
  }

  detach(session: string): null {
    if (this.#remove(session)) this.#endSession(session);
    return null;
  }

  leave(): void {
    for (const { session } of this.attached) this.detach(session);
  }

  async write(text: Buffer, session?: string): Promise<null> {
    if (session !== undefined && !this.attached.some((attached) => attached.session === session))
      throw { kind: "notAttached", message: `${session} is not attached, or not any more.` };
    const child = this.#child;
    if (!child) throw { kind: "notRunning", message: `The worker does not run: start it.` };
    child.stdin.write(text.at(-1) === 10 ? text : Buffer.concat([text, Buffer.from("\n")]));
    if (child.stdin.writableLength > QUEUE)
      await Promise.race([once(child.stdin, "drain"), once(child, "close")]);
    return null;
  }

  credit(session: string, received: number): null {
    const attachment = this.attached.find((attached) => attached.session === session);
    if (!attachment) throw { kind: "notAttached", message: `${session} is not attached.` };
    attachment.credit(received);
    this.#flow();
    return null;
  }

  async start(): Promise<WorkerStatus> {
    if (this.#child) return this.status;
    this.#change("starting");
    const [command = "", ...args] = this.command;
    const child = spawn(command, args, { stdio: "pipe" });
    child.stdin.on("error", () => undefined);
    if (child.pid === undefined) {
      const [error] = (await once(child, "error")) as [Error];
      const message = `The worker cannot be started: ${error.message}`;
      this.#change("exited", { code: null, signal: null, stderr: "", error: message });
      throw { kind: "startFailed", message };
    }
    this.#child = child;
    const stderr = new LastLines();
    this.#change("starting");
    child.stdout.on("data", this.#reader());
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr.add(text);
      for (const to of this.attached)
        if (to.out <= this.#settings.limit) to.send({ type: "stderr", text });
    });
    this.#over = once(child, "close").then(([code, signal]) => {
      const wasAsked = this.status.state === "stopping";
      this.#child = undefined;
      this.#change(wasAsked ? "stopped" : "exited", {
        code: code as number | null,
        signal: signal as string | null,
        stderr: stderr.toString(),
        error: null,
      });
    });
    return this.status;
  }

  async kill(grace = 0): Promise<WorkerStatus> {
    const child = this.#child;
    if (child) {
      this.#change("stopping");
      if (grace > 0) child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), grace * 1000);
      child.stdout.resume();
      await this.#over;
      clearTimeout(timer);
    }
    return this.status;
  }

  async restart(grace = 9): Promise<WorkerStatus> {
    await this.kill(grace);
    return this.start();
  }

  #change(state: WorkerStatus["state"], exit: WorkerExit | null = null): void {
    const pid = this.#child?.pid ?? null;
    this.status = { ...this.status, state, pid, since: Date.now(), exit };
    for (const attached of this.attached) attached.send({ type: "state", ...this.status });
  }

  /** Takes bytes of any shape, and passes on chunks of whole lines. */
  #reader(): (bytes: Buffer) => void {
    let held: Buffer[] = [];
    return (bytes) => {
      const end = bytes.lastIndexOf(10) + 1;
      if (end > 0) {
        const lines = Buffer.concat([...held, bytes.subarray(0, end)]).toString();
        held = [];
        if (this.status.state === "starting") this.#change("running");
        this.#deliver(lines);
      }
      if (end < bytes.length) held.push(bytes.subarray(end));
    };
  }

  #deliver(lines: string): void {
    const { lineLimit } = this.#settings;
    const all = lines.split(/(?<=\n)/);
    const isLong = (line: string): boolean => Buffer.byteLength(line) > lineLimit + 1;
    for (const line of all.filter(isLong))
      for (const to of this.attached)
        to.send({ type: "dropped", head: line.slice(0, 256), bytes: Buffer.byteLength(line) - 1 });
    const sessions = new Set(this.attached.map(({ session }) => session));
    for (const to of this.attached) {
      const text = all
        .filter((line) => {
          const [, id, session = id] = ADDRESSED.exec(line) ?? [];
          return !isLong(line) && (!sessions.has(session ?? "") || session === to.session);
        })
        .join("");
      const isSmall = Buffer.byteLength(JSON.stringify(text)) < FETCHED;
      if (text) to.send(isSmall ? text : new Uint8Array(Buffer.from(text)).buffer);
    }
    this.#flow();
  }

  /** Reads the worker while no window is behind; one that is for long is let go. */
  #flow(): void {
    const { limit, patienceMs } = this.#settings;
    const behind = this.attached.filter(({ out }) => out > limit);
    if (behind.length === 0) {
      clearTimeout(this.#patience);
      this.#patience = undefined;
      this.#child?.stdout.resume();
      return;
    }
    this.#child?.stdout.pause();
    this.#patience ??= setTimeout(() => {
      for (const { session } of this.attached.filter(({ out }) => out > limit))
        this.#letGo(session);
      this.#flow();
    }, patienceMs);
  }

  #letGo(session: string): void {
    const attached = this.attached.find((known) => known.session === session);
    const message = "The window took none of 64 MiB for 5 s";
    attached?.send({ type: "detached", session, message });
    this.detach(session);
    this.letGo.push(session);
  }

  #remove(session: string): boolean {
    const gone = this.attached.filter((attached) => attached.session === session);
    this.attached = this.attached.filter((attached) => !gone.includes(attached));
    for (const attached of gone) attached.end();
    return gone.length > 0;
  }

  #endSession(session: string): void {
    const params = { session };
    const line = JSON.stringify({ jsonrpc: "2.0", method: "$/endSession", params });
    this.#child?.stdin.write(`${line}\n`);
  }
}
