/**
 * One conversation with a worker: when calls can be sent, whom an answer is for, when it is over.
 *
 * A channel knows no contract's types (that is the client's part) and nothing of processes, events
 * or windows (that is the transport's).
 */

import { CallTable } from "./calls.js";
import type { Call, Submission } from "./calls.js";
import {
  ChannelClosed,
  PARSE_ERROR,
  RESPONSE_TOO_LARGE,
  RpcError,
  SESSION_ENDED,
  SessionEnded,
  WorkerStartError,
  toError,
} from "./errors.js";
import { batchLines, contractMismatch, readGreeting } from "./greeting.js";
import type { ExpectedContract, Greeting } from "./greeting.js";
import { LineBuffer } from "./lines.js";
import type { Oversized } from "./lines.js";
import { asObject, decode, encodeMethodNotFound, encodeRequest } from "./messages.js";
import type { ErrorObject, Json, Message, Params } from "./messages.js";
import { Outbox } from "./outbox.js";
import { Session, idInHead } from "./session.js";
import type { CloseReason, Transport } from "./transport.js";

/** `connecting`: calls wait for the worker. `ready`: they are sent. `closed`: they fail at once. */
export type ChannelState = "connecting" | "ready" | "closed";

export interface ChannelOptions {
  /**
   * What names this window across reloads. By default its Tauri label, where the transport knows it,
   * else a random name kept in sessionStorage. A page's second channel of one name gets a `#2`.
   */
  readonly window?: string;
  /**
   * Takes what belongs to no call: an error without an id, a line that cannot be read, a contract
   * that differs, a worker that has exited, a write that failed. By default it goes to the console.
   */
  readonly onError?: (error: Error) => void;
}

export interface Channel {
  readonly state: ChannelState;
  /** Resolves when the connection has ended, however it did; never rejects. */
  readonly closed: Promise<CloseReason>;
  /** Calls a method by its wire name, with params by position or by name, untyped. */
  call(method: string, params?: Params): Promise<unknown>;
  /** Sends the calls that are made before `calls` returns as one JSON-RPC batch, if it is not too large. */
  batch<T>(calls: () => T): T;
  /** Reports to `onError`, once, if the worker serves another contract than this. */
  expect(contract: ExpectedContract): void;
  /** Ends the connection: what is pending fails at once, later calls too. */
  destroy(): void;
}

/** Opens a channel. Calls can be made at once; they wait until the worker is ready. */
export function createChannel(transport: Transport, options: ChannelOptions = {}): Channel {
  return new WorkerChannel(transport, options);
}

/** What a line has around the result, at most. */
const ENVELOPE = 4096;

/** The longest line, in characters, until a worker tells that it sends longer ones. */
const LINE_LIMIT = 64 * 1024 * 1024 + ENVELOPE;

/** How long after the news of its exit a worker's last lines may follow, on another way. */
const OUTPUT_FOLLOWS_MS = 100;

class WorkerChannel implements Channel {
  readonly closed: Promise<CloseReason>;
  readonly #transport: Transport;
  readonly #session: Session;
  readonly #report: (error: Error) => void;
  readonly #lines = new LineBuffer(LINE_LIMIT);
  readonly #outbox: Outbox;
  readonly #calls = new CallTable();
  readonly #expected = new Set<ExpectedContract>();
  /** What was said of contracts. */
  readonly #said = new Set<string>();
  #resolveClosed: (reason: CloseReason) => void = () => undefined;

  #state: ChannelState = "connecting";
  /** Why calls fail at once, if they do: the channel is closed, or the worker did not start. */
  #failure: Error | undefined;
  /** The last answer to hello. */
  #greeting: Greeting | undefined;
  /** Whether this session replaces one that had ended and has not been greeted yet. */
  #renewed = false;
  /** Whether hello may not have got through: the next call says it again. */
  #unheard = false;
  /** Runs from the news of the worker's exit until it counts. */
  #exit: ReturnType<typeof setTimeout> | undefined;
  /** The batch that is being collected. */
  #batch: ReturnType<typeof emptyBatch> | undefined;

  constructor(transport: Transport, { window, onError = console.warn }: ChannelOptions) {
    this.#transport = transport;
    this.#session = new Session(window ?? transport.window);
    // Later, since what a user's function throws must not keep the next line from being read.
    this.#report = (error): void => queueMicrotask(() => onError(error));
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#outbox = new Outbox(
      (chunk) => transport.write(chunk),
      (thrown) => this.#writeFailed(thrown),
    );
    this.#sayHello();
    void this.#open();
  }

  get state(): ChannelState {
    return this.#state;
  }

  call(method: string, params?: Params): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const id = this.#session.nextId();
      // Encoded now, even if it is sent later: what the caller changes afterwards is not meant.
      const request = encodeRequest(id, method, params);
      const { calls, requests } = this.#batch ?? emptyBatch();
      calls.push({ id, resolve, reject, together: [] });
      requests.push(request);
      if (!this.#batch) this.#submit({ calls, requests, isBatch: false });
    });
  }

  batch<T>(calls: () => T): T {
    if (this.#batch) return calls();
    const batch = (this.#batch = emptyBatch());
    try {
      return calls();
    } finally {
      this.#batch = undefined;
      if (batch.calls.length > 0) this.#submit({ ...batch, isBatch: true });
    }
  }

  expect(contract: ExpectedContract): void {
    this.#expected.add(contract);
    this.#compareContracts();
  }

  destroy(): void {
    this.#close({ message: "The channel was destroyed" });
  }

  async #open(): Promise<void> {
    try {
      await this.#transport.open({
        chunk: (text) => this.#receive(this.#lines.feed(text)),
        exited: (reason) => this.#workerExited(reason),
        closed: (reason) => {
          this.#receiveRest();
          this.#close(reason ?? { message: "The connection to the worker was closed" });
        },
      });
      this.#outbox.start();
    } catch (thrown) {
      this.#close({ message: toError(thrown).message });
    }
  }

  #submit(submission: Submission): void {
    if (this.#state === "ready") this.#send(submission);
    else this.#calls.wait(submission);
    if (this.#failure) this.#calls.rejectAll(this.#failure);
    else if (this.#unheard) this.#sayHello();
  }

  #send({ calls, requests, isBatch }: Submission): void {
    const lines = isBatch && this.#greeting ? batchLines(requests, this.#greeting) : requests;
    lines.forEach((line, index) => {
      this.#calls.markSent(lines.length === 1 ? calls : calls.slice(index, index + 1));
      this.#outbox.add(line);
    });
  }

  #sayHello(): void {
    this.#unheard = false;
    this.#outbox.add(this.#session.hello());
  }

  /** What was sent may be lost, and what comes next may get through. */
  #writeFailed(thrown: unknown): void {
    if (this.#state === "closed") return;
    const error = new ChannelClosed({ message: toError(thrown).message });
    this.#report(error);
    this.#unheard = this.#state === "connecting";
    this.#outbox.clear();
    this.#calls.rejectAll(error);
  }

  #receive(lines: readonly (string | Oversized)[], wereEnded = true): void {
    for (const line of lines) {
      if (this.#state === "closed") return;
      const text = typeof line === "string" ? line : line.head;
      if (this.#session.isForeign(text)) continue;
      if (typeof line === "string") this.#read(line, wereEnded);
      else if (wereEnded)
        this.#unreadable(text, `is too long (${line.length} characters)`, RESPONSE_TOO_LARGE);
    }
  }

  /** Reads what the worker left without a newline; a line that was cut off says nothing. */
  #receiveRest(): void {
    this.#receive(this.#lines.end(), false);
  }

  #read(line: string, wasEnded: boolean): void {
    let messages: Message[];
    try {
      messages = decode(line);
    } catch {
      if (wasEnded) this.#unreadable(line, "is not JSON", PARSE_ERROR);
      return;
    }
    for (const message of messages) this.#handle(message);
  }

  /** Fails the calls that a line would have answered, if its beginning tells which those were. */
  #unreadable(line: string, problem: string, code: number): void {
    const text = `A line from the worker ${problem}: ${line.slice(0, 80)}`;
    const error = new RpcError(code, text);
    const id = idInHead(line);
    if (id === this.#session.helloId) return this.#helloFailed(error);
    const first = this.#calls.take(id);
    if (!first) return this.#report(error);
    first.reject(error);
    for (const { id } of first.together) this.#calls.take(id)?.reject(error);
  }

  #handle(message: Message): void {
    const isHello = "id" in message && message.id === this.#session.helloId;
    if (message.kind === "notification") this.#notified(message.method, asObject(message.params));
    else if (message.kind === "request") this.#requested(message.id, message.method);
    else if (message.kind === "error") this.#refused(message.id, message.error, isHello);
    else if (isHello) this.#greeted(readGreeting(message.result));
    else this.#calls.take(message.id)?.resolve(message.result);
  }

  #notified(method: string, { instance, message, details }: Json): void {
    if (method === "$/ready") this.#workerReady(instance);
    else if (method === "$/fatal") this.#fail(new WorkerStartError(String(message), details));
  }

  /** A worker has started; if it has greeted us already, that is no news. */
  #workerReady(instance: unknown): void {
    if (this.#state === "ready" && instance === this.#greeting?.instance) return;
    clearTimeout(this.#exit);
    this.#failure = undefined;
    this.#lose(replaced());
    this.#sayHello();
  }

  #workerExited(reason: CloseReason): void {
    if (this.#state === "closed") return;
    this.#receiveRest();
    clearTimeout(this.#exit);
    this.#exit = setTimeout(() => {
      const error = new ChannelClosed(reason);
      this.#report(error);
      this.#fail(this.#failure ?? error);
    }, OUTPUT_FOLLOWS_MS);
  }

  #requested(id: unknown, method: string): void {
    if (this.#session.owns(id)) this.#outbox.add(encodeMethodNotFound(id, method));
  }

  #refused(id: unknown, { code, message, data }: ErrorObject, isHello: boolean): void {
    const error = new RpcError(code, message, data);
    if (code === SESSION_ENDED && this.#session.owns(id) && !this.#renewed) this.#renew();
    else if (isHello)
      this.#helloFailed(new RpcError(code, `system.hello was refused: ${message}`, data));
    else if (id === null) this.#report(error);
    else this.#calls.take(id)?.reject(error);
  }

  /** Calls cannot be made; unless hello was a repeated one, which changes nothing. */
  #helloFailed(error: RpcError): void {
    if (this.#state === "ready") this.#report(error);
    else this.#fail(error);
  }

  #greeted(greeting: Greeting): void {
    if (this.#greeting && this.#greeting.instance !== greeting.instance) {
      this.#calls.rejectSent(replaced());
    }
    this.#greeting = greeting;
    this.#lines.limit = Math.max(LINE_LIMIT, greeting.responseBytes + ENVELOPE);
    this.#renewed = false;
    this.#failure = undefined;
    this.#state = "ready";
    this.#compareContracts();
    for (const submission of this.#calls.takeWaiting()) this.#send(submission);
  }

  #compareContracts(): void {
    for (const contract of this.#expected) {
      const mismatch = this.#greeting && contractMismatch(contract, this.#greeting);
      if (!mismatch || this.#said.has(mismatch.message)) continue;
      this.#said.add(mismatch.message);
      this.#report(mismatch);
    }
  }

  /** The worker has forgotten this session: begin a new one. */
  #renew(): void {
    const ended = new SessionEnded("The worker has ended this session; a new one was begun");
    this.#lose(ended);
    this.#calls.rejectAll(ended); // What waits carries the old session in its ids.
    this.#session.renew();
    this.#renewed = true;
    this.#sayHello();
  }

  /** Whoever was called will not answer. What was not sent waits for the next hello's answer. */
  #lose(error: Error): void {
    this.#state = "connecting";
    this.#outbox.clear();
    this.#calls.rejectSent(error);
  }

  /** The worker is there no more, or not for us: until a worker says that it is ready, calls fail. */
  #fail(error: Error): void {
    this.#lose(error);
    this.#failure = error;
    this.#calls.rejectAll(error);
  }

  #close(reason: CloseReason): void {
    if (this.#state === "closed") return;
    this.#fail(this.#failure ?? new ChannelClosed(reason));
    this.#state = "closed";
    clearTimeout(this.#exit);
    this.#session.end();
    this.#resolveClosed(reason);
    void this.#closeTransport();
  }

  async #closeTransport(): Promise<void> {
    try {
      await this.#transport.close();
    } catch (thrown) {
      this.#report(toError(thrown));
    }
  }
}

function emptyBatch(): { readonly calls: Call[]; readonly requests: string[] } {
  return { calls: [], requests: [] };
}

function replaced(): SessionEnded {
  return new SessionEnded("A new worker took the place of the one that was called");
}
