/**
 * A worker behind a hand-written Tauri relay: an event for each line of its stdout, an event for
 * what goes to its stdin.
 *
 * Such relays read with `BufReader::lines()`, which strips the newline; here it is put back. The same
 * object is also an `IoInterface` of kkrpc, so that an app can move over one worker at a time.
 */

import { emit, listen } from "@tauri-apps/api/event";
import { ChannelClosed, toError } from "../errors.js";
import type { CloseReason, Receiver, Transport } from "../transport.js";
import { LastLines } from "../last-lines.js";

/** The names of the relay's events. */
export interface TauriEventOptions {
  /** A line of the worker's stdout, as text. By default `runtime-stdout`. */
  readonly stdout?: string;
  /** Text for the worker's stdin. By default `frontend-to-runtime`. */
  readonly stdin?: string;
  /** A line of the worker's stderr, where the relay sends them. By default `runtime-stderr`. */
  readonly stderr?: string;
  /** The worker has exited: its exit code, `{ code, signal }` or nothing. By default `runtime-exit`. */
  readonly exit?: string;
}

/** How many texts may come between two reads: a reader that lets so many pass has left. */
const UNREAD = 1000;

/** What kkrpc's `on` and `off` take. */
export type KkrpcListener = (value: string | Error) => void;

export class TauriEventIo implements Transport {
  readonly name: string = "tauri-event-io";
  readonly #events: Required<TauriEventOptions>;
  #stderr = new LastLines();
  #listening: Promise<void> | undefined;
  #unlisten: (() => void)[] = [];
  #receiver: Receiver | undefined;
  #destroyed = false;
  /** Text that came between two reads; absent while nobody reads. */
  #unread: string[] | undefined;
  #readers: ((text: string) => void)[] = [];
  readonly #listeners = { message: new Set<KkrpcListener>(), error: new Set<KkrpcListener>() };

  constructor(options: TauriEventOptions = {}) {
    this.#events = {
      stdout: options.stdout ?? "runtime-stdout",
      stdin: options.stdin ?? "frontend-to-runtime",
      stderr: options.stderr ?? "runtime-stderr",
      exit: options.exit ?? "runtime-exit",
    };
  }

  /** Tauri's label of this window; undefined outside Tauri. */
  get window(): string | undefined {
    const { __TAURI_INTERNALS__: tauri } = globalThis as { __TAURI_INTERNALS__?: TauriInternals };
    return tauri?.metadata?.currentWindow?.label;
  }

  open(receiver: Receiver): Promise<void> {
    this.#receiver = receiver;
    return this.#listen();
  }

  /** Resolves when the relay has taken the text. Waits until we listen: no answer is missed. */
  async write(text: string): Promise<void> {
    await this.#listen();
    if (!this.#destroyed) await emit(this.#events.stdin, text);
  }

  close(): void {
    this.destroy();
  }

  /** kkrpc: the next text. Once destroyed, it never comes: given null, kkrpc's loop would spin. */
  read(): Promise<string> {
    this.#unread ??= [];
    this.#start();
    const text = this.#unread.shift();
    if (text !== undefined) return Promise.resolve(text);
    return new Promise((resolve) => {
      if (!this.#destroyed) this.#readers.push(resolve);
    });
  }

  /** kkrpc: gives each text, or each error, to a listener. */
  on(event: "message" | "error", listener: KkrpcListener): void {
    this.#listeners[event].add(listener);
    this.#start();
  }

  off(event: "message" | "error", listener: KkrpcListener): void {
    this.#listeners[event].delete(listener);
  }

  get isDestroyed(): boolean {
    return this.#destroyed;
  }

  destroy(): void {
    this.#destroyed = true;
    this.#receiver = undefined;
    this.#unread = undefined;
    this.#readers = [];
    this.#listeners.message.clear();
    this.#listeners.error.clear();
    for (const unlisten of this.#unlisten.splice(0)) release(unlisten);
  }

  /** Listens where nobody waits for it; a failure goes to the listeners for errors. */
  #start(): void {
    this.#listen().catch((thrown: unknown) => this.#fail(toError(thrown)));
  }

  #listen(): Promise<void> {
    this.#listening ??= this.#destroyed ? Promise.resolve() : this.#register();
    return this.#listening;
  }

  async #register(): Promise<void> {
    await Promise.all([
      this.#on(this.#events.stdout, (payload) => this.#received(payload)),
      this.#on(this.#events.stderr, (payload) => this.#stderr.add(withNewline(String(payload)))),
      this.#on(this.#events.exit, (payload) => this.#exited(payload)),
    ]);
  }

  async #on(event: string, handler: (payload: unknown) => void): Promise<void> {
    const unlisten = await listen(event, ({ payload }) => handler(payload));
    if (this.#destroyed) release(unlisten);
    else this.#unlisten.push(unlisten);
  }

  #received(payload: unknown): void {
    if (typeof payload !== "string") {
      const received = payload === null ? "null" : typeof payload;
      const message = `The event '${this.#events.stdout}' carried ${received} instead of a string`;
      const reason = { message: `${message}: the relay must emit each line as text` };
      this.#receiver?.closed(reason);
      return this.#fail(new ChannelClosed(reason));
    }
    const text = withNewline(payload);
    if (this.#receiver) this.#receiver.chunk(text);
    else if (this.#listeners.message.size > 0) tell(this.#listeners.message, text);
    else if (this.#readers.length > 0) this.#readers.shift()?.(text);
    else if (this.#unread && this.#unread.push(text) > UNREAD) this.#unread = undefined;
  }

  /** The worker is gone; the relay may start another, whose stderr begins anew. */
  #exited(payload: unknown): void {
    const reason = exitReason(payload, this.#stderr.toString());
    this.#stderr = new LastLines();
    this.#receiver?.exited(reason);
    this.#fail(new ChannelClosed(reason));
  }

  #fail(error: Error): void {
    tell(this.#listeners.error, error);
  }
}

/** What one listener throws is not the others' concern. */
function tell(listeners: ReadonlySet<KkrpcListener>, value: string | Error): void {
  for (const listener of listeners) {
    try {
      listener(value);
    } catch (thrown) {
      console.error(thrown);
    }
  }
}

/** Stops listening, on a page that is going as well, where that fails. */
function release(unlisten: () => unknown): void {
  void Promise.resolve(unlisten()).catch(() => undefined);
}

/** What Tauri puts on the page, as far as it is used here. */
interface TauriInternals {
  readonly metadata?: { readonly currentWindow?: { readonly label?: string } };
}

/** Exactly one newline at the end, whether or not the relay left one there. */
function withNewline(payload: string): string {
  return payload.endsWith("\n") ? payload : `${payload}\n`;
}

/** Relays send the code by itself, or `{ code, signal }` as the shell plugin does, or nothing. */
function exitReason(payload: unknown, stderr: string): CloseReason {
  const { code, signal } =
    typeof payload === "number" ? { code: payload } : ((payload as Exit | null) ?? {});
  return {
    message: "The worker exited",
    ...(typeof code === "number" ? { exitCode: code } : {}),
    ...(signal != null ? { signal: typeof signal === "number" ? `signal ${signal}` : signal } : {}),
    ...(stderr ? { stderr } : {}),
  };
}

interface Exit {
  readonly code?: number | null;
  readonly signal?: number | string | null;
}
