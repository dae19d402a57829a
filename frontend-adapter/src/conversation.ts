/**
 * One conversation with a worker: when calls can be sent, whom an answer is for, when it is over.
 *
 * It knows nothing of what calls mean (that is the client's part), nor of processes, events or
 * windows (that is the transport's).
 */

import type { Channel, ChannelOptions, ChannelState } from "./channel.js";
import { Call, CallTable, refuseLimits, timeout } from "./calls.js";
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
import { Contracts } from "./greeting.js";
import type { ExpectedContract, Greeting } from "./greeting.js";
import { Listeners } from "./listeners.js";
import type { Link, RequestOptions } from "./link.js";
import { logging } from "./logs.js";
import { asObject, encodeNotServed, encodeRequest, isRequest, joined } from "./messages.js";
import type { ErrorObject, Message, Notification, Params } from "./messages.js";
import { Outbox } from "./outbox.js";
import type { Line } from "./outbox.js";
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
  readonly send: (line: Line) => void;
  serving: Serving | undefined;
  readonly #session: Session;
  readonly #reader: Reader;
  readonly #outbox: Outbox;
  readonly #calls = new CallTable();
  readonly #contracts = new Contracts();
  /** Who listens to notifications, by their names, and to the news that the session is lost. */
  readonly #listeners: Listeners;
  #resolveClosed!: (reason: CloseReason) => void;

  #isClosed = false;
  /** Why calls fail at once, if they do: the channel is closed, or the worker did not start. */
  #failure: Error | undefined;
  /** The answer to the last hello; absent until it has come. */
  #greeting: Greeting | undefined;
  /** Whether this session replaces one that had ended and has not been greeted yet. */
  #renewed = false;
  /** Whether hello may not have got through: the next call says it again. */
  #unheard = false;
  /** Runs from the news of the worker's exit until it counts. */
  #exit: ReturnType<typeof setTimeout> | undefined;

  constructor(transport: Transport, options: ChannelOptions) {
    const { window, onError = console.warn, expose = [], log, onLog = console.info } = options;
    // Later, since what a user's function throws must not keep the next line from being read.
    this.report = (error): void => queueMicrotask(() => onError(error));
    this.closed = new Promise((resolve) => (this.#resolveClosed = resolve));
    this.#listeners = new Listeners(this.report);
    this.listen("$/log", logging(log, onLog));
    for (const exposed of [expose].flat() as Exposed[]) {
      if (!(exposed as Partial<Exposed> | null)?.contract?.contract)
        throw new TypeError("expose: give what the generated frontend() returns");
      this.expect(exposed.contract);
      exposed.attach(this);
    }
    // After what can throw: the session claims the window's name.
    this.#session = new Session(window ?? transport.window, log);
    this.#reader = new Reader(
      this.#session,
      (messages, isBatch) => this.#read(messages, isBatch),
      (error, id) => this.#unreadable(error, id),
    );
    this.#outbox = new Outbox(transport, this.#session, (thrown) => this.#writeFailed(thrown));
    this.send = (line): void => this.#outbox.add(line);
    this.#sayHello();
    void this.#open();
  }

  get state(): ChannelState {
    if (this.#isClosed) return "closed";
    return this.#greeting ? "ready" : "connecting";
  }

  call(method: string, params?: Params, options: RequestOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const { signal, timeoutMs, scope } = options;
      const id = this.#session.nextId();
      const call = new Call(id, { resolve, reject }, scope);
      try {
        if (signal?.aborted) throw signal.reason;
        refuseLimits(method, options);
        // Encoded now, even if it is sent later: what the caller changes afterwards is not meant.
        call.request = encodeRequest(id, method, params, timeoutMs);
        if (signal || timeoutMs !== undefined)
          call.watch(options, (reason) => {
            if (call.request)
              this.#calls.delete(id); // It never will be sent.
            else this.notify("$/cancelRequest", { id });
            call.reject(reason);
          });
        this.submit([call]);
      } catch (thrown) {
        call.reject(thrown);
      }
    });
  }

  submit(calls: readonly Call[]): void {
    for (const call of calls) if (call.request) this.#calls.set(call.id, call);
    if (this.#failure) this.#calls.reject(this.#failure, true);
    else if (this.#greeting) this.#send(calls, this.#greeting);
    else if (this.#unheard) this.#sayHello();
  }

  expect(contract: ExpectedContract): void {
    this.#contracts.add(contract);
    this.#compareContracts();
  }

  destroy(): void {
    const last = this.#failure ? undefined : this.#session.goodbye();
    this.#close({ message: "The channel was destroyed" }, last);
  }

  notify(method: string, params: Params, send: (line: string) => void = this.send): void {
    if (this.#greeting) send(this.#session.notification(method, params));
  }

  listen(method: string, listener: (params: unknown) => void): () => void {
    return this.#listeners.add(method, listener);
  }

  onLost(listener: (reason: Error) => void): () => void {
    return this.#listeners.add(LOST, (reason) => listener(reason as Error));
  }

  async #open(): Promise<void> {
    try {
      await this.#outbox.open({
        chunk: (text) => this.#reader.read(this.#reader.feed(text)),
        dropped: (line) => this.#reader.read([line]),
        exited: (reason, isComplete) => this.#workerExited(reason, isComplete),
        started: () => this.#workerReady(),
        sessionEnded: (message) => this.#renew(new SessionEnded(message)),
        closed: (reason = { message: "The connection to the worker was closed" }) => {
          this.#reader.end();
          this.#close(reason);
        },
      });
    } catch (thrown) {
      this.#close({ message: toError(thrown).message });
    }
  }

  #send(calls: Iterable<Call>, greeting: Greeting): void {
    for (const call of calls) {
      if (!call.request) continue;
      this.send(call.together?.line(greeting.limits) ?? call.request);
      call.request = "";
    }
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
    if (this.#isClosed) return;
    const error = new ChannelClosed({ message: toError(thrown).message });
    this.report(error);
    if (this.#greeting) {
      const goodbye = this.#session.goodbye();
      this.#renew(error);
      this.send(goodbye);
    } else {
      this.#unheard = true;
      this.#outbox.clear();
      this.#calls.reject(error, true);
    }
  }

  /** Fails the calls that a line would have answered, if its beginning tells which those were. */
  #unreadable(error: RpcError, id: string | undefined): void {
    if (this.#isClosed) return;
    if (id === this.#session.helloId) this.#helloFailed(error);
    else if (!this.#calls.rejectTogether(id, error)) {
      this.report(error);
      // The worker waits for an answer to what it asks; one that it does not know, it ignores.
      if (this.#session.owns(id)) this.send(encodeNotServed(id));
    }
  }

  #read(messages: readonly Message[], isBatch: boolean): void {
    const answer = isBatch ? joined(messages.filter(isRequest).length, this.send) : this.send;
    for (const message of messages) {
      try {
        this.#handle(message, answer);
      } catch (thrown) {
        this.report(toError(thrown)); // Whatever one line brings, the next is read.
      }
    }
  }

  #handle(message: Message, answer: (line: string) => void): void {
    if (this.#isClosed) return;
    if (isRequest(message)) {
      if (this.serving) this.serving.request(message, answer);
      else answer(encodeNotServed(message.id, message.method));
    } else if ("method" in message) this.#notified(message);
    else if ("error" in message) this.#refused(message.id, message.error);
    else if (message.id === this.#session.helloId) this.#greeted(asObject(message.result));
    else this.#calls.take(message.id)?.resolve(message.result);
  }

  #notified({ session, method, params }: Notification): void {
    const { instance, message, details } = asObject(params);
    if (method === "$/ready") this.#workerReady(instance);
    else if (method === "$/fatal") this.#fail(new WorkerStartError(asText(message), details));
    else if (session !== undefined) void this.serving?.notify(method, params);
    this.#listeners.tell(method, params);
  }

  /** A worker has started; if it has greeted us already, that is no news. */
  #workerReady(instance?: unknown): void {
    if (this.#isClosed || (this.#greeting && instance === this.#greeting.instance)) return;
    clearTimeout(this.#exit);
    this.#failure = undefined;
    this.#lose(replaced());
    this.#sayHello();
  }

  #workerExited(reason: CloseReason, isComplete?: boolean): void {
    if (this.#isClosed) return;
    this.#reader.end();
    clearTimeout(this.#exit);
    const fail = (): void => {
      const error = new ChannelClosed(reason);
      this.report(error);
      this.#fail(this.#failure ?? error);
    };
    if (isComplete) fail();
    else this.#exit = setTimeout(fail, OUTPUT_FOLLOWS_MS);
  }

  #refused(id: unknown, { code, message, data }: ErrorObject): void {
    const error = answered(code, message, data);
    if (code === SESSION_ENDED && this.#session.owns(id) && !this.#renewed)
      this.#renew(new SessionEnded("The worker has ended this session; a new one was begun"));
    else if (id === this.#session.helloId)
      this.#helloFailed(answered(code, `system.hello was refused: ${message}`, data));
    else if (id === null) this.report(error);
    else this.#calls.take(id)?.reject(code === DEADLINE_EXCEEDED ? timeout(message) : error);
  }

  /** Calls cannot be made; unless hello was a repeated one, which changes nothing. */
  #helloFailed(error: RpcError): void {
    if (this.#greeting) this.report(error);
    else this.#fail(error);
  }

  #greeted(greeting: Greeting): void {
    // While connecting, there is nothing of the last worker's any more.
    if (this.#greeting?.instance !== greeting.instance) this.#lose(replaced());
    this.#greeting = greeting;
    this.#reader.allow(asObject(greeting.limits)["responseBytes"]);
    this.#renewed = false;
    this.#failure = undefined;
    this.#compareContracts();
    this.#send(this.#calls.values(), greeting);
  }

  #compareContracts(): void {
    this.#contracts.compare(this.#greeting ?? {}, this.report);
  }

  /** Begins a new session in the place of one that is no good. */
  #renew(reason: Error): void {
    if (this.#isClosed) return;
    this.#lose(reason, true); // What waits carries the old session in its ids.
    this.#session.renew();
    this.#renewed = true;
    this.#sayHello();
  }

  /** Whoever was called will not answer. What was not sent waits for the next hello, unless all is lost. */
  #lose(error: Error, all = false): void {
    const hadBegun = this.#greeting;
    this.#greeting = undefined; // Before anybody is told: what they send now goes nowhere.
    this.#outbox.clear();
    // What belongs to a session that has not begun waits with its calls.
    if (all || hadBegun) {
      this.#calls.reject(error, all);
      this.#listeners.tell(LOST, error);
    }
  }

  /** The worker is there no more, or not for us: until a worker says that it is ready, calls fail. */
  #fail(error: Error): void {
    this.#failure = error;
    this.#lose(error, true);
  }

  #close(reason: CloseReason, last?: string): void {
    if (this.#isClosed) return;
    clearTimeout(this.#exit);
    this.#isClosed = true;
    this.#fail(this.#failure ?? new ChannelClosed(reason));
    this.#session.end();
    this.#resolveClosed(reason);
    void this.#closeTransport(last);
  }

  async #closeTransport(last?: string): Promise<void> {
    try {
      await this.#outbox.close(last);
    } catch (thrown) {
      this.report(toError(thrown));
    }
  }
}

function replaced(): SessionEnded {
  return new SessionEnded("A new worker took the place of the one that was called");
}
