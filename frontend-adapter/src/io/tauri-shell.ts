/**
 * A worker that the page starts by itself, with Tauri's official shell plugin: no Rust to write.
 *
 * The plugin gives a piece of output up to each `\n`, or `\r` where no `\n` has come yet, and leaves
 * both in it; so pieces go on as they are. It cannot end a stdin: the worker is asked to end, and
 * killed if it does not. And it ends nothing when a page is left, so the next page does.
 */

import { Child } from "@tauri-apps/plugin-shell";
import type { Command, IOPayload } from "@tauri-apps/plugin-shell";
import { toError } from "../errors.js";
import { nothing } from "../link.js";
import { RelayIo } from "../relay-io.js";
import type { Exit } from "../relay-io.js";

export interface TauriShellOptions {
  /**
   * How long the worker may take to end once it is asked to, in milliseconds; then it is killed. By
   * default 9,000: a worker gives its handlers 5,000, and ends after 8,000 at the latest.
   */
  readonly graceMs?: number;
}

/** How long after the exit the last output may follow: older plugins tell of it early. */
const OUTPUT_FOLLOWS_MS = 100;

/** What the end of its stdin would say (protocol, section 4). */
const SHUTDOWN = '{"jsonrpc":"2.0","id":"shutdown","method":"system.shutdown"}\n';

export class TauriShellIo extends RelayIo {
  readonly name: string = "tauri-shell-io";
  readonly #command: Command<IOPayload>;
  readonly #graceMs: number;
  #child: Child | undefined;
  #exit: Exit | undefined;

  /** `command` is what `Command.create` or `Command.sidecar` returned, for this alone; `open` spawns it. */
  constructor(command: Command<string> | Command<Uint8Array>, options: TauriShellOptions = {}) {
    super();
    this.#command = command as Command<IOPayload>;
    this.#graceMs = options.graceMs ?? 9000;
  }

  protected async connect(): Promise<void> {
    for (const pid of leftBehind()) this.#end(new Child(pid));
    addEventListener("pagehide", leaveBehind);
    addEventListener("pageshow", leftBehind); // One that the browser had kept goes on with them.
    const { stdout, stderr } = this.#command;
    const [readStdout, readStderr] = [decoder(), decoder()];
    stdout.on("data", (piece) => this.received(readStdout(piece)));
    stderr.on("data", (piece) => this.complained(readStderr(piece)));
    this.#command.on("error", (message) => this.#onError(message));
    this.#command.on("close", (exit) => this.#onExit(exit));
    await this.keep(this.#spawn());
  }

  /** What is written to a worker that has exited goes nowhere: the plugin does not mind. */
  protected async send(text: string): Promise<void> {
    await this.#child?.write(text);
  }

  /** Returns what ends the worker. */
  async #spawn(): Promise<() => void> {
    let child: Child;
    try {
      child = this.#child = await this.#command.spawn();
    } catch (thrown) {
      throw new Error(`The worker could not be started: ${toError(thrown).message}`);
    }
    if (!this.#exit) running.set(child.pid, undefined);
    return () => this.#end(child);
  }

  #onExit(exit: Exit): void {
    this.#exit = exit;
    if (this.#child) forget(this.#child.pid);
    setTimeout(() => this.ended(exit), OUTPUT_FOLLOWS_MS);
  }

  /**
   * A worker of ours writes nothing but UTF-8 to its stdout, so what is none was on stderr, from a
   * library or a child of it, and means no harm. All else that the plugin tells is the end.
   */
  #onError(message: string): void {
    if (NO_UTF8.test(message)) this.complained(`(a line that cannot be read: ${message})\n`);
    else this.ended(`The shell plugin lost the worker: ${message}`);
  }

  #end(child: Child): void {
    if (this.#exit && child === this.#child) return;
    const kill = (): void => {
      forget(child.pid);
      void child.kill().catch(nothing);
    };
    void child.write(SHUTDOWN).catch(nothing);
    running.set(child.pid, setTimeout(kill, this.#graceMs));
  }
}

const NO_UTF8 = /^(invalid|incomplete) utf-8 /;

/** Reads what is text, or bytes with the encoding `raw`: those cut characters in two. */
function decoder(): (piece: IOPayload) => string {
  const utf8 = new TextDecoder();
  return (piece) =>
    typeof piece === "string" ? piece : utf8.decode(new Uint8Array(piece), { stream: true });
}

/** The processes that this page has to end, with the timers that will kill them. */
const running = new Map<number, ReturnType<typeof setTimeout> | undefined>();

function forget(pid: number): void {
  clearTimeout(running.get(pid));
  running.delete(pid);
}

const LEFT_BEHIND = "rpc-worker.processes";

/** The processes that the page before this one left. They are this page's to end now. */
function leftBehind(): number[] {
  const pids = JSON.parse(storage()?.getItem(LEFT_BEHIND) ?? "[]") as number[];
  storage()?.removeItem(LEFT_BEHIND);
  return pids;
}

function leaveBehind(): void {
  const pids = [...leftBehind(), ...running.keys()];
  storage()?.setItem(LEFT_BEHIND, JSON.stringify(pids));
}

/** What outlives the page and not the window. A sandboxed page may not even look at it. */
function storage(): Storage | undefined {
  try {
    return sessionStorage;
  } catch {
    return undefined;
  }
}
