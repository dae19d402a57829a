/**
 * Stands in for the Rust of Tauri's shell plugin: its commands, its reader and its channel, with real
 * processes. What runs in the page is the plugin's and Tauri's own JavaScript.
 */

import { isUtf8 } from "node:buffer";
import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import type { Readable } from "node:stream";
import { mockIPC } from "@tauri-apps/api/mocks";
import { settle } from "./fake-worker.js";

/** How much its reader holds. */
const BUFFER = 8192;

/** A message of this size is fetched by the page, and later ones overtake it. */
const FETCHED = 8192;

interface Arguments {
  readonly program: string;
  readonly options: { readonly encoding?: string };
  readonly onEvent: string;
  readonly pid: number;
  readonly buffer: string;
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class ShellPlugin {
  /** What was invoked: `spawn worker`, `write {…}`, `kill`. */
  readonly log: string[] = [];
  /** How each process ended. */
  readonly ends: End[] = [];
  /** Commands that the page may not invoke. */
  readonly forbidden: Set<string> = new Set();
  /** Whether it tells of an exit before the last output, as it did before 2.4.1. */
  isEarly = false;
  /** Awaited before the page learns that a process was spawned. */
  beforeSpawned: () => Promise<unknown> = settle;
  /** Awaited before text is written. */
  beforeWrite: () => Promise<unknown> = settle;
  readonly #scope: Readonly<Record<string, readonly string[]>>;
  readonly #children = new Map<number, ChildProcessWithoutNullStreams>();
  readonly #over: Promise<void>[] = [];
  #onEnd: () => void = () => undefined;

  /** `scope` has the commands that may be spawned, by their names. */
  constructor(scope: Readonly<Record<string, readonly string[]>>) {
    this.#scope = scope;
    mockIPC((command, payload) =>
      // Through JSON, as all that crosses.
      this.#invoke(command, JSON.parse(JSON.stringify(payload)) as Arguments),
    );
  }

  /** Resolves when so many processes have ended, and the page was told. */
  endsReach(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onEnd = (): void => {
        if (this.ends.length >= count) resolve();
      };
      this.#onEnd();
    });
  }

  /** The app quits. */
  async quit(): Promise<void> {
    for (const child of this.#children.values()) child.kill("SIGKILL");
    await Promise.all(this.#over);
  }

  async #invoke(command: string, { pid, buffer, ...spawned }: Arguments): Promise<unknown> {
    const name = command.replace("plugin:shell|", "");
    if (this.forbidden.has(name)) throw `shell.${name} not allowed`;
    const child = this.#children.get(pid);
    if (name === "spawn") return this.#spawn(spawned);
    else if (name === "stdin_write") {
      await this.beforeWrite();
      this.log.push(`write ${buffer.trimEnd()}`);
      if (this.#children.has(pid)) child?.stdin.write(buffer);
    } else if (name === "kill") {
      this.log.push("kill");
      this.#children.delete(pid);
      child?.kill("SIGKILL");
    } else throw `nobody serves ${command}`;
    return undefined;
  }

  async #spawn({ program, options, onEvent }: Omit<Arguments, "pid" | "buffer">): Promise<number> {
    this.log.push(`spawn ${program}`);
    const [command, ...args] = this.#scope[program] ?? [];
    if (!command) throw `program not allowed on the configured shell scope: ${program}`;
    const child = spawn(command, args, { stdio: "pipe" });
    const { pid } = child;
    const exit = once(child, "exit") as Promise<[End["code"], End["signal"]]>;
    if (pid === undefined) {
      await exit.catch(() => undefined);
      throw "No such file or directory (os error 2)";
    }
    child.stdin.on("error", () => undefined);
    this.#children.set(pid, child);
    const send = channel(Number(onEvent.replace("__CHANNEL__:", "")));
    const output = Promise.all([
      readPieces(child.stdout, (piece) => send(outputEvent("Stdout", piece, options.encoding))),
      readPieces(child.stderr, (piece) => send(outputEvent("Stderr", piece, options.encoding))),
    ]);
    const over = exit.then(async ([code, signal]) => {
      if (!this.isEarly) await output;
      this.#children.delete(pid);
      const payload = { code, signal: signal && constants.signals[signal] };
      send({ event: "Terminated", payload });
      await output;
      this.ends.push({ code, signal });
      this.#onEnd();
    });
    this.#over.push(over);
    await this.beforeSpawned();
    return pid;
  }
}

/** Sends a page messages, which it puts in order, for they overtake each other. */
function channel(id: number): (message: unknown) => void {
  let index = 0;
  return (message) => {
    const sent = { message, index: index++ };
    const send = (): void => window.__TAURI_INTERNALS__.runCallback(id, sent);
    if (JSON.stringify(message).length < FETCHED) send();
    else setImmediate(send);
  };
}

function outputEvent(event: string, piece: Buffer, encoding: string | undefined): object {
  if (encoding === "raw") return { event, payload: [...piece] };
  if (encoding === undefined && !isUtf8(piece))
    return { event: "Error", payload: "invalid utf-8 sequence of 1 bytes from index 0" };
  return { event, payload: piece.toString() };
}

/**
 * `read_line` of tauri-utils: a piece ends at the first `\n` in the reader's buffer, else at the first
 * `\r` there, and both stay in it. (With `raw`, the plugin sends what the buffer holds; these will do.)
 */
async function readPieces(stream: Readable, take: (piece: Buffer) => void): Promise<void> {
  let held: Buffer[] = [];
  const end = (): void => {
    if (held.length > 0) take(Buffer.concat(held));
    held = [];
  };
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    for (let from = 0; from < chunk.length; from += BUFFER) {
      let buffer = chunk.subarray(from, from + BUFFER);
      while (buffer.length > 0) {
        const found = buffer.includes("\n") ? buffer.indexOf("\n") : buffer.indexOf("\r");
        held.push(found < 0 ? buffer : buffer.subarray(0, found + 1));
        buffer = found < 0 ? Buffer.alloc(0) : buffer.subarray(found + 1);
        if (found >= 0) end();
      }
    }
  }
  end();
}
