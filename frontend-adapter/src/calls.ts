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

/** Calls that are sent in one line. */
export interface Together {
  readonly calls: readonly Call[];
  /** Their line, which is sent in the place of that of the first; undefined if each needs its own. */
  line(limits: unknown): string | undefined;
}

export class Call {
  readonly id: string;
  /** The text of its request until it is sent, or never will be. */
  request = "";
  /** Those that it goes with. */
  together: Together | undefined;
  readonly #scope: Scope | undefined;
  readonly #outcome: Outcome;
  #unwatch: (() => void) | undefined;

  constructor(id: string, outcome: Outcome, scope?: Scope) {
    this.id = id;
    this.#outcome = outcome;
    this.#scope = scope;
  }

  resolve(result: unknown): void {
    this.#leave();
    this.#scope?.answered();
    this.#outcome.resolve(result);
  }

  reject(error: unknown): void {
    this.#leave();
    this.#scope?.end(toError(error));
    this.#outcome.reject(error);
  }

  /** Has `giveUp` called when the signal aborts or the time is up, with what to reject with. */
  watch(limits: CallOptions, giveUp: (reason: unknown) => void): void {
    this.#unwatch = watch(limits, giveUp);
  }

  #leave(): void {
    this.#unwatch?.();
    this.request = "";
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

/** The calls that wait for an answer, by their ids, in order; those that wait to be sent among them. */
export class CallTable extends Map<string, Call> {
  /** Takes out a call, if it still waits. */
  take(id: unknown): Call | undefined {
    const call = this.get(id as string); // An id of another type is found by nobody.
    this.delete(id as string);
    return call;
  }

  /** Takes out all calls, or those that were sent, and fails them. */
  reject(error: Error, all: boolean): void {
    for (const [id, { request }] of this) if (all || !request) this.take(id)?.reject(error);
  }

  /** Fails a call and those that were sent in the same line; returns whether there is one. */
  rejectTogether(id: string | undefined, error: Error): boolean {
    const first = this.take(id);
    first?.reject(error);
    for (const { id } of first?.together?.calls ?? []) this.take(id)?.reject(error);
    return first !== undefined;
  }
}
