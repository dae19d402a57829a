/**
 * What the worker asks of this page: whom each message is for, and that each request gets one answer.
 *
 * The methods are the features' (exposed ones, streams, callbacks): here nothing is known of them.
 */

import { DURATION, LONGEST_TIMER_MS, isDuration, timeout } from "./calls.js";
import {
  CANCELLED,
  DEADLINE_EXCEEDED,
  INTERNAL_ERROR,
  INVALID_PARAMS,
  INVALID_REQUEST,
  RpcError,
  UNENCODABLE_RESULT,
  isOwn,
  toError,
} from "./errors.js";
import { Scope, nothing } from "./link.js";
import type { Incoming, Link, Serve } from "./link.js";
import { asObject, encodeError, encodeNotServed, encodeResult, encodedResult } from "./messages.js";
import type { ErrorObject, Request } from "./messages.js";

/** How long a cancelled call may take to end by itself; then it is answered as it is. */
const UNWINDING_MS = 1000;

/**
 * Serves what the worker asks of a channel by this name; one that ends in `/` serves all that begin so.
 *
 * Whatever serves something imports this: a page that serves nothing need not hold it.
 */
export function serve(link: Link, method: string, how: Serve): void {
  link.serving ??= new Serving(link);
  link.serving.serve(method, how);
}

/** A result whose text is there already. */
export class Encoded {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export class Serving {
  readonly #link: Link;
  readonly #methods = new Map<string, Serve>();
  /** The requests that have no answer yet, by their ids. */
  readonly #running = new Map<unknown, Served>();

  constructor(link: Link) {
    this.#link = link;
    link.listen("$/cancelRequest", (params) => this.#cancel(asObject(params)["id"]));
    link.onLost((reason) => this.#lose(reason));
  }

  /** Throws a TypeError if another one serves it: neither of two would know that it is not asked. */
  serve(method: string, how: Serve): void {
    if (this.#methods.has(method)) throw new TypeError(`Two of what is exposed have '${method}'`);
    this.#methods.set(method, how);
  }

  /** Serves a request of the worker's; `answer` is called with one line, unless the session is lost. */
  request({ id, method, params, timeoutMs }: Request, answer: (line: string) => void): void {
    if (this.#running.has(id)) {
      const message = `The request ${String(id)} is in flight already`;
      return answer(encodeError(null, { code: INVALID_REQUEST, message, data: { id } }));
    }
    const how = this.#find(method);
    if (!how) return answer(encodeNotServed(id, method));
    if (timeoutMs !== undefined && !isDuration(timeoutMs)) {
      const error = { code: INVALID_REQUEST, message: `timeoutMs: ${DURATION}` };
      return answer(encodeError(id, error));
    }
    const call = new Served(method, id, answer);
    this.#running.set(id, call);
    if (timeoutMs !== undefined && timeoutMs <= LONGEST_TIMER_MS)
      call.wait(timeoutMs, () => this.#expire(call, timeoutMs));
    void this.#run(call, how, params);
  }

  /** Serves a notification that was sent to us alone; one that nobody serves is ignored. */
  async notify(method: string, params: unknown): Promise<void> {
    try {
      await this.#find(method)?.(params, new Served(method));
    } catch (thrown) {
      this.#link.report(toError(thrown));
    }
  }

  /** Cancels a request; it is answered when its function has ended, or soon. */
  #cancel(id: unknown): void {
    const call = this.#running.get(id);
    if (!call || call.isCancelled) return;
    call.isCancelled = true;
    call.wait(UNWINDING_MS, () => this.#refuse(call, errorObject(cancelled())));
    const reason = new DOMException("The worker cancelled this call", "AbortError");
    call.abort(reason);
    call.scope.end(reason); // What the function waits for of the worker's is over.
  }

  /** Ends all that runs without an answer: nobody waits for one. */
  #lose(reason: Error): void {
    const lost = [...this.#running.values()];
    this.#running.clear();
    for (const call of lost) {
      call.wait();
      call.abort(reason);
      call.scope.end(reason);
    }
  }

  /** `$/enumerator/next` is served by its own name, or by what serves `$/enumerator/`. */
  #find(method: string): Serve | undefined {
    const prefix = method.slice(0, method.indexOf("/", 2) + 1);
    return this.#methods.get(method) ?? this.#methods.get(prefix);
  }

  async #run(call: Served, how: Serve, params: unknown): Promise<void> {
    try {
      const result = await how(params, call);
      if (this.#running.get(call.id) === call) {
        const { text } = encoded(`${call.method}'s result`, result);
        this.#answer(call, encodedResult(call.id, text));
      }
      call.scope.answered();
      call.scope.attach(() => call.wait()); // A deadline covers the stream that was returned.
    } catch (thrown) {
      const error = call.raised ? call.raised(thrown) : thrown;
      this.#refuse(call, errorObject(call.isCancelled ? cancelled() : error));
    }
  }

  #expire(call: Served, timeoutMs: number): void {
    const error = timeout(`The call's deadline of ${timeoutMs} ms has passed`);
    this.#refuse(call, { code: DEADLINE_EXCEEDED, message: error.message });
    call.abort(error);
  }

  #refuse(call: Served, error: ErrorObject): void {
    this.#answer(call, encodeError(call.id, error));
    call.wait();
    call.scope.end(new RpcError(error.code, error.message, error.data));
  }

  /** Sends the first answer of a call, and no other. */
  #answer(call: Served, line: string): void {
    if (this.#running.get(call.id) !== call) return;
    this.#running.delete(call.id);
    call.answer(line);
  }
}

/** One message of the worker's, while it is served. */
class Served implements Incoming {
  readonly method: string;
  readonly id?: unknown;
  readonly answer: (line: string) => void;
  readonly scope: Scope = new Scope();
  raised: Incoming["raised"];
  isCancelled = false;
  #aborting: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(method: string, id?: unknown, answer: (line: string) => void = nothing) {
    this.method = method;
    this.id = id;
    this.answer = answer;
  }

  /** Made when it is first asked for: most of what comes has no use for it. */
  get signal(): AbortSignal {
    return (this.#aborting ??= new AbortController()).signal;
  }

  abort(reason: Error): void {
    this.#aborting ??= new AbortController();
    this.#aborting.abort(reason);
  }

  /** Waits for this instead of what it waited for, or for nothing more. */
  wait(ms?: number, then?: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = then && setTimeout(then, ms);
  }
}

/** Begins what a request asks for in a moment, unless a cancel has come with it. */
export async function begun(incoming: Incoming, work: () => unknown): Promise<unknown> {
  await undefined;
  if (incoming.signal.aborted) throw cancelled();
  return work();
}

/** Why params do not fit, as the worker says it of its own (protocol, section 2). */
export interface Misfit {
  readonly param: string | null;
  readonly path: string;
  readonly expected: string;
  readonly received: string;
}

/** What answers a request whose params do not fit, at what its message calls `place`. */
export function invalidParams(place: string, misfit: Misfit): RpcError {
  const { expected, received } = misfit;
  const message = `Invalid params: ${place}: expected ${expected}, received ${received}`;
  return new RpcError(INVALID_PARAMS, message, misfit);
}

/** What answers a request that was cancelled. */
export function cancelled(): RpcError {
  return new RpcError(CANCELLED, "Cancelled");
}

/** A result's text; if JSON cannot hold it, throws what answers instead, where it is called `what`. */
export function encoded(what: string, result: unknown): Encoded {
  if (result instanceof Encoded) return result;
  try {
    return new Encoded(encodeResult(what, result));
  } catch (thrown) {
    throw new RpcError(UNENCODABLE_RESULT, toError(thrown).message);
  }
}

/**
 * What a function threw, as the worker gets it: an error of the user's own keeps its code. The worker's
 * answer to a call of the page's says nothing to whoever called this one.
 */
function errorObject(thrown: unknown): ErrorObject {
  const { name: type, message } = toError(thrown);
  if (isOwn(thrown)) return { code: thrown.code, message, data: thrown.data };
  return {
    code: INTERNAL_ERROR,
    message: `Internal error: ${type}: ${message}`,
    data: { type, message },
  };
}
