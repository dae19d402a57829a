/**
 * Stands in for the Rust of tauri-plugin-js 0.2: its commands and events, with real processes. What
 * runs in the page is Tauri's own JavaScript.
 */

import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { emit } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";
import { settle } from "./fake-worker.js";

interface Arguments {
  readonly name: string;
  readonly data: string;
  readonly config: { readonly command: string; readonly args?: readonly string[] };
}

export class JsPlugin {
  /** What was invoked: `spawn worker`, `write_stdin worker {…}`. */
  readonly log: string[] = [];
  /** The payloads of `js-process-stdout`. */
  readonly lines: string[] = [];
  /** Awaited before text is written. */
  beforeWrite: () => Promise<unknown> = settle;
  readonly #processes = new Map<string, ChildProcessWithoutNullStreams>();
  readonly #over: Promise<unknown>[] = [];

  constructor() {
    mockIPC(
      // Through JSON, as all that crosses.
      (command, payload) => this.#invoke(command, JSON.parse(JSON.stringify(payload)) as Arguments),
      { shouldMockEvents: true },
    );
  }

  /** The app starts a process by itself. */
  start(name: string, command: string, ...args: string[]): void {
    const child = spawn(command, args, { stdio: "pipe" });
    child.stdin.on("error", () => undefined);
    this.#processes.set(name, child);
    const output = Promise.all([
      readLines(child.stdout, (data) => {
        this.lines.push(data);
        return emit("js-process-stdout", { name, data });
      }),
      readLines(child.stderr, (data) => emit("js-process-stderr", { name, data })),
    ]);
    const exited = once(child, "exit").then(async ([code]) => {
      if (this.#processes.get(name) !== child) return; // It was killed: nobody is told.
      this.#processes.delete(name);
      await emit("js-process-exit", { name, code: code as number | null });
    });
    this.#over.push(output, exited);
  }

  /** The app quits. */
  async quit(): Promise<void> {
    for (const child of this.#processes.values()) child.kill("SIGKILL");
    await Promise.all(this.#over);
  }

  async #invoke(command: string, { name, data, config }: Arguments): Promise<unknown> {
    const verb = command.replace("plugin:js|", "");
    if (verb === "write_stdin") await this.beforeWrite();
    this.log.push([verb, name, data?.trimEnd()].filter(Boolean).join(" "));
    const child = this.#processes.get(name);
    if (verb === "spawn") {
      if (child) throw `process already exists: ${name}`;
      if (config.command.startsWith("/nowhere")) throw "No such file or directory (os error 2)";
      this.start(name, config.command, ...(config.args ?? []));
      return { name, pid: this.#processes.get(name)?.pid, running: true };
    }
    if (!child) throw `process not found: ${name}`;
    if (verb === "write_stdin") child.stdin.write(data);
    else if (verb === "kill") {
      this.#processes.delete(name);
      child.kill("SIGKILL");
    } else throw `nobody serves ${command}`;
    return null;
  }
}

/** `BufReader::lines()`: neither `\n` nor `\r\n` is left. */
async function readLines(stream: Readable, take: (line: string) => Promise<void>): Promise<void> {
  let held = "";
  for await (const text of stream.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (held + text).split("\n");
    held = lines.pop() ?? "";
    for (const line of lines) await take(line.replace(/\r$/, ""));
  }
  if (held) await take(held);
}
