/**
 * Stands in for the page's side of a Tauri app: the real `listen` and `emit` of `@tauri-apps/api`
 * run against the real relay, whose outer wire is one JSON string a line each way.
 */

import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { clearMocks, mockIPC } from "@tauri-apps/api/mocks";

declare global {
  interface Window {
    /** What mockIPC puts there, as far as it is used here. */
    __TAURI_INTERNALS__: {
      invoke(command: string, payload?: unknown, options?: unknown): Promise<unknown>;
      runCallback(id: number, event: unknown): void;
      readonly callbacks: ReadonlyMap<number, unknown>;
    };
  }
}

const CRATE = "examples/relay/Cargo.toml";

/** Starts the relay with a worker's command, and makes this process its page. */
export function startRelay(worker: readonly string[]): RelayBus {
  const root = projectFolder(dirname(fileURLToPath(import.meta.url)));
  const relay = join(
    root,
    "examples/relay/target/release",
    process.platform === "win32" ? "relay.exe" : "relay",
  );
  if (!existsSync(relay)) {
    throw new Error(
      `The relay is not built. In ${root}: cargo build --release --manifest-path ${CRATE}`,
    );
  }
  return new RelayBus(spawn(relay, worker, { cwd: root, stdio: ["pipe", "pipe", "inherit"] }));
}

/** Found by looking, since this file also runs as part of a bundle. */
function projectFolder(folder: string): string {
  if (existsSync(join(folder, CRATE))) return folder;
  if (dirname(folder) === folder) throw new Error(`No folder above this file has ${CRATE}`);
  return projectFolder(dirname(folder));
}

interface EventCommand {
  readonly event: string;
  readonly payload: unknown;
  readonly handler: number;
  readonly eventId: number;
}

export class RelayBus {
  /** The payloads of `runtime-stdout` so far. */
  readonly lines: string[] = [];
  /** Resolves with the relay's exit code, which is the worker's. */
  readonly exited: Promise<number | null>;
  readonly #relay: ChildProcessByStdio<Writable, Readable, null>;
  readonly #handlers = new Map<string, Set<number>>();
  #onLine: () => void = () => undefined;

  constructor(relay: ChildProcessByStdio<Writable, Readable, null>) {
    (globalThis as { window?: unknown }).window ??= globalThis;
    mockIPC((command, payload) => this.#invoke(command, payload as unknown as EventCommand));
    this.#relay = relay;
    const code = new Promise<number | null>((resolve) => relay.once("exit", resolve));
    const lines = createInterface({ input: relay.stdout, crlfDelay: Infinity });
    const last = new Promise((resolve) => lines.once("close", resolve));
    lines.on("line", (line) => this.#received(JSON.parse(line) as string));
    this.exited = last.then(() => code);
    void this.exited.then((exitCode) => this.#emit("runtime-exit", exitCode));
  }

  /** Resolves when the relay has emitted this many lines. */
  linesReach(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onLine = (): void => {
        if (this.lines.length >= count) resolve();
      };
      this.#onLine();
    });
  }

  /** Gives the relay a payload, as a page does with its events, and an app for a page that is gone. */
  send(payload: unknown): void {
    // What is said when the app has quit already, nobody hears.
    if (this.#relay.stdin.writable) this.#relay.stdin.write(`${JSON.stringify(payload)}\n`);
  }

  /** The app quits: the worker's stdin ends. Resolves when the worker has ended as well. */
  quit(): Promise<number | null> {
    this.#relay.stdin.end();
    return this.exited;
  }

  /** Quits, and takes the page away. */
  async stop(): Promise<void> {
    await this.quit();
    clearMocks();
  }

  #received(payload: string): void {
    this.lines.push(payload);
    this.#emit("runtime-stdout", payload);
    this.#onLine();
  }

  #invoke(command: string, { event, payload, handler, eventId }: EventCommand): number | undefined {
    if (command === "plugin:event|listen") this.#handlersOf(event).add(handler);
    else if (command === "plugin:event|unlisten") this.#handlersOf(event).delete(eventId);
    else if (event === "frontend-to-runtime") this.send(payload);
    else throw new Error(`nobody serves ${command} ${event}`);
    return handler;
  }

  #emit(event: string, payload: unknown): void {
    for (const id of this.#handlersOf(event))
      window.__TAURI_INTERNALS__.runCallback(id, { event, id, payload });
  }

  #handlersOf(event: string): Set<number> {
    const handlers = this.#handlers.get(event) ?? new Set();
    this.#handlers.set(event, handlers);
    return handlers;
  }
}
