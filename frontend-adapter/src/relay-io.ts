/**
 * What the adapters for Tauri, relays all of them, have in common: one write at a time, the worker's
 * last words, and what is let go of at the end. How text gets to the worker and back is each one's own.
 *
 * Each is an `IoInterface` of kkrpc 0.x as well, so that an app can move over one worker at a time.
 */

import { ChannelClosed, SessionEnded, toError } from "./errors.js";
import { LastLines } from "./last-lines.js";
import { LineBuffer } from "./lines.js";
import type { Oversized } from "./lines.js";
import { nothing } from "./link.js";
import type { CloseReason, Receiver, Transport } from "./transport.js";

/** How many lines may come between two reads: a reader that lets so many pass has left. */
const UNREAD = 1000;

/** What kkrpc's `on` and `off` take. */
export type KkrpcListener = (value: string | Error) => void;

/** How a worker ended, as hosts tell it. */
export interface Exit {
  readonly code?: number | null;
  readonly signal?: number | string | null;
  /** One sentence for people, without a full stop. By default that the worker exited. */
  readonly message?: string;
  /** Its last lines on stderr. By default those that we were given. */
  readonly stderr?: string;
}

export abstract class RelayIo implements Transport {
  abstract readonly name: string;
  #connected: Promise<void> | undefined;
  #written: Promise<void> = Promise.resolve();
  #undos: (() => unknown)[] = [];
  #receiver: Receiver | undefined;
  #destroyed = false;
  #stderr = new LastLines();
  readonly #lines = new LineBuffer(Infinity);
  /** Lines that came between two reads; absent while nobody reads. */
  #unread: string[] | undefined;
  #readers: ((line: string) => void)[] = [];
  readonly #listeners = { message: new Set<KkrpcListener>(), error: new Set<KkrpcListener>() };

  /** Begins to receive. */
  protected abstract connect(): Promise<void>;
  /**
   * Hands whole lines over, and resolves when they are taken. Called again only then. `session` is
   * that of a channel.
   */
  protected abstract send(text: string, session?: string): Promise<void>;

  /** Tauri's label of this window; undefined outside Tauri. */
  get window(): string | undefined {
    const { __TAURI_INTERNALS__: tauri } = globalThis as { __TAURI_INTERNALS__?: TauriInternals };
    return tauri?.metadata?.currentWindow?.label;
  }

  open(receiver: Receiver): Promise<void> {
    this.#receiver = receiver;
    return this.#connect();
  }

  /** Resolves when the text is taken. Waits until we receive: no answer is missed. */
  write(text: string, session?: string): Promise<void> {
    // Each is a request to the host, and those overtake each other.
    const written = this.#written.then(() => this.#write(text, session));
    this.#written = written.catch(nothing);
    return written;
  }

  close(): void {
    this.destroy();
  }

  /** kkrpc: the next line. Once destroyed, it never comes: given null, kkrpc's loop would spin. */
  read(): Promise<string> {
    this.#unread ??= [];
    this.#start();
    const line = this.#unread.shift();
    if (line !== undefined) return Promise.resolve(line);
    return new Promise((resolve) => {
      if (!this.#destroyed) this.#readers.push(resolve);
    });
  }

  /** kkrpc: gives each line, or each error, to a listener. */
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
    for (const undo of this.#undos.splice(0)) release(undo);
  }

  /** Keeps what undoes a beginning until we are destroyed, which we may be before it has begun. */
  protected async keep(beginning: Promise<() => unknown>): Promise<void> {
    const undo = await beginning;
    if (this.#destroyed) release(undo);
    else this.#undos.push(undo);
  }

  /** Whether a channel is served, or else kkrpc. */
  protected get hasReceiver(): boolean {
    return this.#receiver !== undefined;
  }

  /** Text of the worker's stdout, in pieces of any shape. */
  protected received(text: string): void {
    if (this.#receiver) this.#receiver.chunk(text);
    else for (const line of this.#lines.feed(text)) this.#deliver(`${String(line)}\n`);
  }

  /** Text of the worker's stderr. */
  protected complained(text: string): void {
    this.#stderr.add(text);
  }

  /** A line of the worker's stdout that was too long. */
  protected dropped(line: Oversized): void {
    this.#receiver?.dropped(line);
  }

  /**
   * The worker is gone, with all that it said if that is known. Another may take its place, whose
   * stderr begins anew.
   */
  protected exited(exit: Exit, isComplete?: boolean): void {
    const reason = this.#reason(exit);
    this.#receiver?.exited(reason, isComplete);
    this.#fail(new ChannelClosed(reason));
  }

  /** Another worker has taken the place of the one that exited. */
  protected started(): void {
    this.#receiver?.started();
  }

  /** The relay has let us go. */
  protected sessionEnded(message: string): void {
    this.#receiver?.sessionEnded(message);
    this.#fail(new SessionEnded(message));
  }

  /** Nothing more will come: the worker is gone for good, or what the message says went wrong. */
  protected ended(how: Exit | string): void {
    const reason = this.#reason(typeof how === "string" ? { message: how } : how);
    this.#receiver?.closed(reason);
    this.#fail(new ChannelClosed(reason));
  }

  /** Connects where nobody waits for it; a failure goes to the listeners for errors. */
  #start(): void {
    this.#connect().catch((thrown: unknown) => this.#fail(toError(thrown)));
  }

  #connect(): Promise<void> {
    this.#connected ??= this.#destroyed ? Promise.resolve() : this.connect();
    return this.#connected;
  }

  async #write(text: string, session?: string): Promise<void> {
    await this.#connect();
    if (!this.#destroyed) await this.send(withNewline(text), session);
  }

  #deliver(line: string): void {
    if (this.#listeners.message.size > 0) tell(this.#listeners.message, line);
    else if (this.#readers.length > 0) this.#readers.shift()?.(line);
    else if (this.#unread && this.#unread.push(line) > UNREAD) this.#unread = undefined;
  }

  #reason(exit: Exit): CloseReason {
    const { code, signal, message = "The worker exited", stderr = String(this.#stderr) } = exit;
    this.#stderr = new LastLines();
    return {
      message,
      ...(typeof code === "number" ? { exitCode: code } : {}),
      ...(signal != null
        ? { signal: typeof signal === "number" ? `signal ${signal}` : signal }
        : {}),
      ...(stderr ? { stderr } : {}),
    };
  }

  #fail(error: Error): void {
    tell(this.#listeners.error, error);
  }
}

/** Exactly one newline at the end, whether or not a relay took the one that was there. */
export function withNewline(text: string): string {
  return text.endsWith("\n") ? text : `${text}\n`;
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

/** Lets go, on a page that is going as well, where that fails. */
function release(undo: () => unknown): void {
  void Promise.resolve(undo()).catch(nothing);
}

/** What Tauri puts on the page, as far as it is used here. */
interface TauriInternals {
  readonly metadata?: { readonly currentWindow?: { readonly label?: string } };
}
