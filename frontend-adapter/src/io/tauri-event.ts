/**
 * A worker behind a hand-written Tauri relay: an event for each line of its stdout, an event for
 * what goes to its stdin.
 *
 * Such relays read with `BufReader::lines()`, which strips the newline; here it is put back.
 */

import { emit, listen } from "@tauri-apps/api/event";
import { RelayIo, withNewline } from "../relay-io.js";
import type { Exit } from "../relay-io.js";

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

export class TauriEventIo extends RelayIo {
  readonly name: string = "tauri-event-io";
  readonly #events: Required<TauriEventOptions>;

  constructor(options: TauriEventOptions = {}) {
    super();
    this.#events = {
      stdout: options.stdout ?? "runtime-stdout",
      stdin: options.stdin ?? "frontend-to-runtime",
      stderr: options.stderr ?? "runtime-stderr",
      exit: options.exit ?? "runtime-exit",
    };
  }

  protected async connect(): Promise<void> {
    const { stdout, stderr, exit } = this.#events;
    await Promise.all([
      this.keep(listen<unknown>(stdout, ({ payload }) => this.#onStdout(payload))),
      this.keep(listen(stderr, ({ payload }) => this.complained(withNewline(String(payload))))),
      this.keep(listen<unknown>(exit, ({ payload }) => this.exited(readExit(payload)))),
    ]);
  }

  protected send(text: string): Promise<void> {
    return emit(this.#events.stdin, text);
  }

  #onStdout(payload: unknown): void {
    if (typeof payload === "string") return this.received(withNewline(payload));
    const received = payload === null ? "null" : typeof payload;
    const message = `The event '${this.#events.stdout}' carried ${received} instead of a string`;
    this.ended(`${message}: the relay must emit each line as text`);
  }
}

/** Relays send the code by itself, or `{ code, signal }` as the shell plugin does, or nothing. */
function readExit(payload: unknown): Exit {
  return typeof payload === "number" ? { code: payload } : ((payload as Exit | null) ?? {});
}
