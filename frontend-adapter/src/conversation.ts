/**
 * One conversation with a worker: when calls can be sent, whom an answer is for, when it is over.
 *
 * It knows nothing of what calls mean (that is the client's part), nor of processes, events or
 * windows (that is the transport's).
 */

import type { Channel, ChannelOptions, ChannelState } from "./channel.js";
import { timeout } from "./calls.js";
import type { Submission } from "./calls.js";
import {
  ChannelClosed,
  DEADLINE_EXCEEDED,
  SESSION_ENDED,
  SessionEnded,
  WorkerStartError,
  answered,
  asText,
  toError,
} from "./errors.js";
import type { RpcError } from "./errors.js";
import type { Exposed } from "./expose.js";
import { Contracts, readGreeting } from "./greeting.js";
import type { ExpectedContract, Greeting } from "./greeting.js";
import { Listeners } from "./listeners.js";
import { nothing } from "./link.js";
import type { CallOptions, Link, RequestOptions } from "./link.js";
import { readRecord } from "./logs.js";
import { asObject, encodeMethodNotFound, encodeNotification, joined } from "./messages.js";
import type { ErrorObject, Message, Params } from "./messages.js";
import { Outbox } from "./outbox.js";
import type { Line } from "./outbox.js";
import { Outgoing } from "./outgoing.js";
import { Reader } from "./reader.js";
import type { Serving } from "./serving.js";
import { Session } from "./session.js";
import type { CloseReason, Transport } from "./transport.js";

/** How long after the news of its exit a worker's last lines may follow, on another way. */
const OUTPUT_FOLLOWS_MS = 100;

/** No notification has this name. */
const LOST: unique symbol = Symbol("lost");

export class Conversation implements Channel, Link {
  readonly closed: Promise<CloseReason>;
  readonly report: (error: Error) => void;
  serving: Serving | undefined;
  readonly #transport: Transport;
  readonly #session: Session;
  readonly #reader: Reader;
  readonly #outbox: Outbox;
  readonly #calls: Outgoing;
  readonly #contracts = new Contracts();
  /** Who listens to notifications, by their names, and to the news that the session is lost. */
  readonly #listeners: Listeners;
  #resolveClosed: (reason: CloseReason) => void = nothing;

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
  #lastToken = 0;
  /** From a random one on: two windows' never meet (protocol, section 7). */
  #lastHandle = Math.floor(Math.random() * 2 ** 52);

  constructor(transport: Transport, options: ChannelOptions) {
    const { window, onError = console.warn, expose = [], log, onLog = console.info } = options;
    this.#transport = transport;
    // Later, since what a user's function throws must not keep the next line from being read.
    this.report = (error): void => queueMicrotask(() => onError(error));
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#listeners = new Listeners(this.report);
    this.listen("$/log", (params) => {
      const record = readRecord(params, log);
      if (record) onLog(record);
    });
    for (const exposed of [expose].flat() as Exposed[]) {
      if (!(exposed as Partial<Exposed> | null)?.contract?.contract)
        throw new TypeError(
          "expose: give what the generated frontend(…) returns, not its argument",
        );
      this.expect(exposed.contract);
      exposed.attach(this);
    }
    // After what can throw: the session claims the window's name.
    this.#session = new Session(window ?? transport.window, log);
    this.#calls = new Outgoing(this.#session, {
      submit: (submission) => this.#submit(submission),
      cancel: (id) => this.notify("$/cancelRequest", { id }),
    });
    this.#reader = new Reader(this.#session, {
      messages: (messages, isBatch) => this.#read(messages, isBatch),
      unreadable: (error, id) => this.#unreadable(error, id),
    });
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

  call(method: string, params?: Params, options?: CallOptions): Promise<unknown> {
    return this.request(method, params, options);
  }

  request(method: string, params?: Params, options?: RequestOptions): Promise<unknown> {
    return this.#calls.request(method, params, options);
  }

  batch<T>(calls: () => T): T {
    return this.#calls.batch(calls);
  }

  expect(contract: ExpectedContract): void {
    this.#contracts.expect(contract);
    this.#compareContracts();
  }

  destroy(): void {
    const last = this.#failure ? undefined : this.#session.goodbye();
    this.#close({ message: "The channel was destroyed" }, last);
  }

  notify(method: string, params: Params, send = (line: string): void => this.send(line)): void {
    if (this.#state === "ready") send(encodeNotification(this.#session.name, method, params));
  }

  send(line: Line): void {
    this.#outbox.add(line);
  }

  listen(method: string, listener: (params: unknown) => void): () => void {
    return this.#listeners.add(method, listener);
  }

  onLost(listener: (reason: Error) => void): () => void {
    return this.#listeners.add(LOST, (reason) => listener(reason as Error));
  }

  nextToken(): number {
    return ++this.#lastToken;
  }

  nextHandle(): number {
    return ++this.#lastHandle;
  }

  async #open(): Promise<void> {
    try {
      await this.#transport.open({
        chunk: (text) => this.#reader.read(text),
        exited: (reason) => this.#workerExited(reason),
        closed: (reason) => {
          this.#reader.end();
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

  #send(submission: Submission): void {
    for (const line of this.#calls.linesOf(submission, this.#greeting)) this.send(line);
  }

  #sayHello(): void {
    this.#unheard = false;
    this.send(this.#session.hello());
  }

  /**
   * What was sent may be lost, answers to the worker too, and what comes next may get through. So no
   * side waits for the other's word in this session any more.
   */
  #writeFailed(thrown: unknown): void {
    if (this.#state === "closed") return;
    const error = new ChannelClosed({ message: toError(thrown).message });
    this.report(error);
    if (this.#state === "ready") {
      const goodbye = this.#session.goodbye();
      this.#renew(error);
      this.send(goodbye);
    } else {
      this.#unheard = true;
      this.#outbox.clear();
      this.#calls.rejectAll(error);
    }
  }

  /** Fails the calls that a line would have answered, if its beginning tells which those were. */
  #unreadable(error: RpcError, id: string | undefined): void {
    if (this.#state === "closed") return;
    if (id === this.#session.helloId) return this.#helloFailed(error);
    if (!this.#calls.rejectTogether(id, error)) this.report(error);
  }

  #read(messages: readonly Message[], isBatch: boolean): void {
    const isAsked = (message: Message): boolean =>
      message.kind === "request" && this.#session.owns(message.id);
    const send = (line: string): void => this.send(line);
    const answer = isBatch ? joined(messages.filter(isAsked).length, send) : send;
    for (const message of messages) {
      try {
        this.#handle(message, answer);
      } catch (thrown) {
        this.report(toError(thrown)); // Whatever one line brings, the next is read.
      }
    }
  }

  #handle(message: Message, answer: (line: string) => void): void {
    if (this.#state === "closed") return;
    const isHello = "id" in message && message.id === this.#session.helloId;
    if (message.kind === "notification") this.#notified(message);
    else if (message.kind === "request") this.#requested(message, answer);
    else if (message.kind === "error") this.#refused(message.id, message.error, isHello);
    else if (isHello) this.#greeted(readGreeting(message.result));
    else this.#calls.take(message.id)?.resolve(message.result);
  }

  #requested(request: Extract<Message, { kind: "request" }>, answer: (line: string) => void): void {
    const { id, method } = request;
    if (!this.#session.owns(id)) return;
    if (this.serving) this.serving.request(request, answer);
    else answer(encodeMethodNotFound(id, method));
  }

  #notified({ session, method, params }: Extract<Message, { kind: "notification" }>): void {
    const isOurs = session === this.#session.name;
    if (session !== undefined && !isOurs) return;
    const { instance, message, details, id } = asObject(params);
    if (method === "$/ready") this.#workerReady(instance);
    else if (method === "$/fatal") this.#fail(new WorkerStartError(asText(message), details));
    else if (method === "$/cancelRequest") this.serving?.cancel(id);
    else if (isOurs) void this.serving?.notify(method, params);
    this.#listeners.tell(method, params);
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
    this.#reader.end();
    clearTimeout(this.#exit);
    this.#exit = setTimeout(() => {
      const error = new ChannelClosed(reason);
      this.report(error);
      this.#fail(this.#failure ?? error);
    }, OUTPUT_FOLLOWS_MS);
  }

  #refused(id: unknown, { code, message, data }: ErrorObject, isHello: boolean): void {
    const error = answered(code, message, data);
    if (code === SESSION_ENDED && this.#session.owns(id) && !this.#renewed)
      this.#renew(new SessionEnded("The worker has ended this session; a new one was begun"));
    else if (isHello)
      this.#helloFailed(answered(code, `system.hello was refused: ${message}`, data));
    else if (id === null) this.report(error);
    else this.#calls.take(id)?.reject(code === DEADLINE_EXCEEDED ? timeout(message) : error);
  }

  /** Calls cannot be made; unless hello was a repeated one, which changes nothing. */
  #helloFailed(error: RpcError): void {
    if (this.#state === "ready") this.report(error);
    else this.#fail(error);
  }

  #greeted(greeting: Greeting): void {
    // While connecting, there is nothing of the last worker's any more.
    if (this.#state === "ready" && this.#greeting?.instance !== greeting.instance)
      this.#void(replaced());
    this.#greeting = greeting;
    this.#reader.allow(greeting.responseBytes);
    this.#renewed = false;
    this.#failure = undefined;
    this.#state = "ready";
    this.#compareContracts();
    for (const submission of this.#calls.takeWaiting()) this.#send(submission);
  }

  #compareContracts(): void {
    if (!this.#greeting) return;
    for (const mismatch of this.#contracts.mismatches(this.#greeting)) this.report(mismatch);
  }

  /** Begins a new session in the place of one that is no good. */
  #renew(reason: Error): void {
    this.#lose(reason, true); // What waits carries the old session in its ids.
    this.#session.renew();
    this.#renewed = true;
    this.#sayHello();
  }

  /** Whoever was called will not answer. What was not sent waits for the next hello, unless all is lost. */
  #lose(error: Error, all = false, state: ChannelState = "connecting"): void {
    const hadBegun = this.#state === "ready";
    this.#state = state; // Before anybody is told: what they send now goes nowhere.
    this.#outbox.clear();
    if (all) this.#calls.rejectAll(error);
    // What belongs to a session that has not begun waits with its calls.
    if (all || hadBegun) this.#void(error);
  }

  /** Ends what belongs to a session that is no more. */
  #void(error: Error): void {
    this.#calls.rejectSent(error);
    this.#listeners.tell(LOST, error);
  }

  /** The worker is there no more, or not for us: until a worker says that it is ready, calls fail. */
  #fail(error: Error, state?: ChannelState): void {
    this.#failure = error;
    this.#lose(error, true, state);
  }

  #close(reason: CloseReason, last?: string): void {
    if (this.#state === "closed") return;
    clearTimeout(this.#exit);
    this.#fail(this.#failure ?? new ChannelClosed(reason), "closed");
    this.#session.end();
    this.#resolveClosed(reason);
    void this.#closeTransport(last);
  }

  async #closeTransport(last?: string): Promise<void> {
    try {
      if (last !== undefined) await this.#outbox.end(last);
      await this.#transport.close();
    } catch (thrown) {
      this.report(toError(thrown));
    }
  }
}

function replaced(): SessionEnded {
  return new SessionEnded("A new worker took the place of the one that was called");
}
