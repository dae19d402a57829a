/**
 * The table of calls: who waits to be sent, and who waits for an answer.
 *
 * A call settles once. If that was before its answer (it was aborted, or its time was up), it stays in
 * the table until the answer has come; what an answer means is the channel's business.
 */

import { toError } from "./errors.js";
import type { CallOptions, Scope } from "./link.js";

/** The promise behind a call. */
export interface Outcome {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How long after a call's deadline the worker's own word may come: it knows more. */
const ANSWER_FOLLOWS_MS = 1000;

/** A timer cannot run longer: it would fire at once. */
export const LONGEST_TIMER_MS: number = 2 ** 31 - 1;

/** What `timeoutMs` has to be. */
export const DURATION = "expected a finite number that is not negative";

/** Throws a TypeError for what cannot limit a call. A signal may be another window's. */
export function refuseLimits(method: string, { signal, timeoutMs }: CallOptions): void {
  if (signal && !signal.addEventListener)
    throw new TypeError(`${method}: signal: expected an AbortSignal`);
  if (timeoutMs !== undefined && !isDuration(timeoutMs))
    throw new TypeError(`${method}: timeoutMs: ${DURATION}`);
}

export function isDuration(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0;
}

export class Call {
  readonly id: string;
  /** The text of its request, while that can be of use: params may be large. */
  request: string;
  /** The calls that were sent in the same line, this one among them; none before it was sent. */
  together: readonly Call[] = [];
  readonly #scope: Scope | undefined;
  #outcome: Outcome | undefined;
  #unwatch: (() => void) | undefined;

  constructor(id: string, request: string, outcome: Outcome, scope?: Scope) {
    this.id = id;
    this.request = request;
    this.#outcome = outcome;
    this.#scope = scope;
  }

  get isSettled(): boolean {
    return !this.#outcome;
  }

  get isSent(): boolean {
    return this.together.length > 0;
  }

  resolve(result: unknown): void {
    const outcome = this.#leave();
    if (outcome) this.#scope?.answered();
    outcome?.resolve(result);
  }

  reject(error: unknown): void {
    const outcome = this.#leave();
    if (outcome) this.#scope?.end(toError(error));
    outcome?.reject(error);
  }

  /** Has `giveUp` called when the signal aborts or the time is up, with what to reject with. */
  watch(limits: CallOptions, giveUp: (reason: unknown) => void): void {
    this.#unwatch = watch(limits, giveUp);
  }

  #leave(): Outcome | undefined {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    this.#unwatch?.();
    this.request = "";
    return outcome;
  }
}

/** Has `giveUp` called when the signal aborts or the time is up; returns the undo. */
export function watch(
  { signal, timeoutMs }: CallOptions,
  giveUp: (reason: unknown) => void,
): () => void {
  const abort = (): void => giveUp(signal?.reason);
  // What is no signal, sending will refuse.
  const unlisten = signal?.addEventListener && onAbort(signal, abort);
  const wait = (timeoutMs ?? Infinity) + ANSWER_FOLLOWS_MS;
  const timer =
    wait <= LONGEST_TIMER_MS
      ? setTimeout(() => giveUp(timeout(`No answer within ${timeoutMs} ms`)), wait)
      : undefined;
  return () => {
    clearTimeout(timer);
    unlisten?.();
  };
}

/** Who is to be told of one signal's abort. */
class Waiting extends Set<() => void> {
  handleEvent(): void {
    for (const abort of this) abort();
  }
}

const waiting = new WeakMap<AbortSignal, Waiting>();

/**
 * Calls `abort` when a signal aborts; returns the undo. A signal has one listener, however many wait:
 * Node takes more than ten for a leak and warns.
 */
export function onAbort(signal: AbortSignal, abort: () => void): () => void {
  const all = waiting.get(signal) ?? new Waiting();
  if (all.size === 0) signal.addEventListener("abort", all);
  waiting.set(signal, all.add(abort));
  return () => {
    if (all.delete(abort) && all.size === 0) signal.removeEventListener("abort", all);
  };
}

/** What a call rejects with when its time is up, as `AbortSignal.timeout` does. */
export function timeout(message: string): DOMException {
  return new DOMException(message, "TimeoutError");
}

/** Calls that are sent together. */
export interface Submission {
  readonly calls: readonly Call[];
  readonly isBatch: boolean;
}

export class CallTable {
  readonly #sent = new Map<string, Call>();
  #waiting = new Set<Submission>();

  wait(submission: Submission): void {
    this.#waiting.add(submission);
  }

  /** Takes out what waits to be sent, in order. */
  takeWaiting(): Iterable<Submission> {
    const waiting = this.#waiting;
    this.#waiting = new Set();
    return waiting;
  }

  /** Notes calls that are sent in one line. */
  markSent(calls: readonly Call[]): void {
    for (const call of calls) {
      call.together = calls;
      call.request = "";
      this.#sent.set(call.id, call);
    }
  }

  /** Takes out the call that was sent with this id, if it still waits for an answer. */
  take(id: unknown): Call | undefined {
    const call = this.#sent.get(id as string); // An id of another type is found by nobody.
    if (call) this.#sent.delete(call.id);
    return call;
  }

  rejectSent(error: Error): void {
    const sent = [...this.#sent.values()];
    this.#sent.clear();
    for (const call of sent) call.reject(error);
  }

  rejectAll(error: Error): void {
    this.rejectSent(error);
    for (const { calls } of this.takeWaiting()) for (const call of calls) call.reject(error);
  }
}
