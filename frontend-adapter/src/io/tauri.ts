/**
 * A worker of the Tauri plugin `rpc-worker`: the app declares it under a name, and all windows share it.
 *
 * The plugin sends chunks of whole lines over a Tauri channel for each session, and is given back
 * credit for what was taken: a window that takes nothing for long is let go.
 */

import { Channel, invoke } from "@tauri-apps/api/core";
import type { InvokeArgs, InvokeOptions } from "@tauri-apps/api/core";
import { toError } from "../errors.js";
import { nothing } from "../link.js";
import type { PluginMessage, PythonRuntimes, Refusal, WorkerStatus } from "../plugin.js";
import { RelayIo } from "../relay-io.js";
import { randomName } from "../session.js";

export type {
  PythonRuntime,
  PythonRuntimes,
  Refusal,
  WorkerExit,
  WorkerStatus,
} from "../plugin.js";

export interface TauriOptions {
  /** Takes each change of the worker's state, once the first call or write has attached the page. */
  readonly onState?: (status: WorkerStatus) => void;
  /** Takes whole lines of the worker's stderr as they come; a window that is behind gets none. */
  readonly onStderr?: (text: string) => void;
}

interface Attachment {
  readonly session: string;
  /** Resolves or rejects when the plugin has attached us or has not; absent before it was asked. */
  attached?: Promise<WorkerStatus>;
  isAttached: boolean;
  /** How many messages have come, and how much since the last credit. */
  received: number;
  owed: number;
  /** The last status that we were told. */
  status?: WorkerStatus;
}

/** After how many characters credit is given: seldom, and long before the plugin's 64 MiB are out. */
const CREDIT = 1024 * 1024;

/** From how many characters on text goes as bytes: escaping and parsing them costs more than the way. */
const BYTES = 64 * 1024;

/** How long after a write that finds no worker the news of its exit may come. */
const EXIT_FOLLOWS_MS = 1000;

const LET_GO = "The plugin has ended this page's session; a new one was begun";

/** Refusals after which another attempt would be refused as well. */
const FOR_GOOD: readonly unknown[] = [undefined, "unknownWorker", "notAllowed", "config"];

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

export class TauriIo extends RelayIo {
  readonly name: string = "tauri-io";
  readonly #worker: string;
  readonly #options: TauriOptions;
  #attachment: Attachment | undefined;
  /** Whether the worker that we told of has exited, and none has been started since. */
  #hasExited = false;
  /** Those who wait for the worker's state to change. */
  readonly #waiting = new Set<() => void>();

  /** `worker` is its name in `plugins.rpc-worker` of `tauri.conf.json`. */
  constructor(worker: string, options: TauriOptions = {}) {
    super();
    this.#worker = worker;
    this.#options = options;
  }

  status(): Promise<WorkerStatus> {
    return command("status", { worker: this.#worker });
  }

  /** Starts the worker unless it runs. A channel's first call does that by itself. */
  start(): Promise<WorkerStatus> {
    return this.#control("start");
  }

  /**
   * Ends the worker and starts it again. It has `graceMs` to end in order, by default what the app
   * declares. Calls that are made after this wait for the new one.
   */
  restart(graceMs?: number): Promise<WorkerStatus> {
    return this.#control("restart", graceMs);
  }

  /** Ends the worker: in order if that takes it no longer than `graceMs`, by default 0, else at once. */
  kill(graceMs?: number): Promise<WorkerStatus> {
    return this.#control("kill", graceMs);
  }

  /** A channel has its own session, which comes with the first write. */
  protected async connect(): Promise<void> {
    await this.keep(Promise.resolve(() => this.#detach()));
    if (!this.hasReceiver && !this.isDestroyed) await this.#attach(randomName());
  }

  protected async send(text: string, session?: string): Promise<void> {
    const name = session ?? this.#attachment?.session ?? randomName();
    if (this.#attachment?.session !== name) await this.#attach(name);
    if (this.isDestroyed) return;
    const target = { worker: this.#worker, session: name };
    try {
      if (text.length < BYTES) await command("write", { ...target, text });
      else await command("write", new TextEncoder().encode(text), { headers: target });
    } catch (thrown) {
      const { kind } = thrown as Refusal;
      // Another page was to be loaded, and was not, as with a download.
      if (kind === "notAttached") this.#letGo(name, LET_GO);
      // What ends the worker is no failure of this write: the exit says why.
      else if (kind !== "notRunning" || !(await this.#exitFollows())) throw thrown;
    }
  }

  async #attach(session: string): Promise<void> {
    this.#detach().catch(nothing);
    const attachment: Attachment = { session, isAttached: false, received: 0, owed: 0 };
    this.#attachment = attachment;
    const channel = new Channel<PluginMessage>();
    channel.onmessage = (message): void => {
      if (this.#attachment === attachment) this.#take(message, attachment);
    };
    attachment.attached = command("attach", { worker: this.#worker, session, channel });
    try {
      const status = await attachment.attached;
      attachment.isAttached = true;
      attachment.status ??= status;
    } catch (thrown) {
      if (this.#attachment === attachment) this.#attachment = undefined;
      const { kind, message } = thrown as Refusal;
      if (FOR_GOOD.includes(kind)) this.ended(message);
      throw thrown;
    } finally {
      this.#check();
    }
  }

  async #detach(): Promise<void> {
    const attachment = this.#attachment;
    this.#attachment = undefined;
    this.#check();
    if (!attachment) return;
    await attachment.attached; // Requests overtake each other.
    await command("detach", { worker: this.#worker, session: attachment.session });
  }

  #take(message: PluginMessage, attachment: Attachment): void {
    if (typeof message === "string") this.received(message);
    else if (message instanceof ArrayBuffer) this.received(utf8.decode(message));
    else if (message.type === "state") this.#changed(message, attachment);
    else if (message.type === "stderr") later(this.#options.onStderr, message.text);
    else if (message.type === "dropped")
      this.dropped({ head: message.head, length: message.bytes });
    else if (message.type === "detached") return this.#letGo(attachment.session, message.message);
    attachment.received += 1;
    attachment.owed += sizeOf(message);
    if (attachment.owed < CREDIT) return;
    attachment.owed = 0;
    const { session, received } = attachment;
    command("credit", { worker: this.#worker, session, received }).catch(nothing);
  }

  /** The plugin has ended our session: the next write attaches another. */
  #letGo(session: string, message: string): void {
    if (this.#attachment?.session !== session) return;
    this.#attachment = undefined;
    this.#check();
    this.sessionEnded(message);
  }

  #changed({ type: _, ...status }: { type: "state" } & WorkerStatus, attachment: Attachment): void {
    const { state, pid, exit } = (attachment.status = status);
    // Of a start that fails while we are attached, that says so.
    if (exit && (attachment.isAttached || exit.error === null)) {
      if (this.#hasExited) this.started(); // Another was, in vain.
      this.#hasExited = true;
      const { code, signal, stderr, error } = exit;
      const message = error ?? `The worker ${state === "stopped" ? "was stopped" : "exited"}`;
      this.exited({ code, signal, stderr, message }, true);
    } else if (state === "starting" && pid !== null && this.#hasExited) {
      this.#hasExited = false;
      this.started();
    }
    later(this.#options.onState, status);
    this.#check();
  }

  /** Gives a command, and waits until we were told what came of it: calls after this know it. */
  async #control(name: string, graceMs?: number): Promise<WorkerStatus> {
    const grace = graceMs === undefined ? {} : { grace: graceMs / 1000 };
    const status = await command<WorkerStatus>(name, { worker: this.#worker, ...grace });
    await this.#until(
      ({ pid, exit, since }) =>
        (pid === status.pid && !exit === !status.exit) || since > status.since,
    );
    return status;
  }

  /** Whether the exit has been told, or is soon, and another worker's start perhaps with it. */
  #exitFollows(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), EXIT_FOLLOWS_MS);
      void this.#until(() => this.#hasExited).then(() => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  /** Resolves when the status is as it is waited for, or nobody tells it to us. */
  #until(isReached: (status: WorkerStatus) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = (): void => {
        const attachment = this.#attachment;
        if (attachment && !(attachment.status && isReached(attachment.status))) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }

  #check(): void {
    for (const check of this.#waiting) check();
  }
}

/** The workers of the app, those that the page's scope allows. */
export function listWorkers(): Promise<WorkerStatus[]> {
  return command("list", {});
}

/** The Pythons on this machine. */
export function listRuntimes(): Promise<PythonRuntimes> {
  return command("runtimes", {});
}

async function command<T>(name: string, args: InvokeArgs, options?: InvokeOptions): Promise<T> {
  try {
    return await invoke<T>(`plugin:rpc-worker|${name}`, args, options);
  } catch (thrown) {
    const { kind, message } = Object(thrown) as Partial<Refusal>;
    throw kind ? Object.assign(new Error(message), { kind }) : toError(thrown);
  }
}

/** About as many bytes as the plugin has counted. */
function sizeOf(message: PluginMessage): number {
  if (typeof message === "string") return message.length;
  return message instanceof ArrayBuffer ? message.byteLength : JSON.stringify(message).length;
}

/** Calls a user's function, which must not keep the next message from being taken. */
function later<T>(listener: ((value: T) => void) | undefined, value: T): void {
  if (listener) queueMicrotask(() => listener(value));
}
