/**
 * A stream that the worker pulls from us (protocol, section 6): what runs ahead, by how much, and
 * who may ask for it.
 *
 * Nothing here knows what the items are or where in a call they came from.
 */

import {
  CANCELLED,
  DEADLINE_EXCEEDED,
  INVALID_REQUEST,
  RpcError,
  UNENCODABLE_RESULT,
  UNKNOWN_TOKEN,
  toError,
} from "./errors.js";
import { nothing } from "./link.js";
import type { Incoming, Link, Scope } from "./link.js";
import { asObject } from "./messages.js";
import { perLink } from "./roles.js";
import { Encoded, cancelled, serve } from "./serving.js";
import { nextToken } from "./tokens.js";
import { refuseUnheld } from "./values.js";

/** How many items may wait for the worker, at most: enough that a round trip is paid by many. */
export const WINDOW = 1024;

/** How much JSON text may wait, in characters (256 KiB): large items must not fill the memory. */
export const WINDOW_TEXT = 262_144;

/** What stands in a stream's place. */
export interface StreamForm {
  readonly token?: unknown;
  readonly values?: readonly unknown[];
}

/** Items as JSON text: made when the source gave them, whatever becomes of them afterwards. */
interface Batch {
  readonly values: string;
  readonly finished: boolean;
}

interface Waiter {
  readonly answer: (batch: Encoded) => void;
  readonly refuse: (error: Error) => void;
}

export type Source = Iterator<unknown> | AsyncIterator<unknown>;

/** Makes JSON text of an item; throws the error that ends the stream if it cannot. */
export type Write = (item: unknown, index: number) => string;

/** Offers what a source gives, for as long as the call that it belongs to. */
export function offerArgument(source: Source, write: Write, link: Link, scope: Scope): StreamForm {
  return { token: new Producer(source, write, link, scope).token };
}

/** Offers what a source gives beyond the answer, which carries what is there already. */
export async function offerResult(
  source: Source,
  write: Write,
  link: Link,
  incoming: Incoming,
): Promise<Encoded> {
  const { scope } = incoming;
  const release = scope.hold();
  const producer = new Producer(source, write, link, scope, (reason) => {
    // So that a source ends which waits for what may never come.
    if (reason) incoming.abort(reason);
    release();
  });
  producer.raised = incoming.raised;
  await onePass();
  if (scope.ended) throw cancelled(); // And the stream with it.
  return producer.begin();
}

/** The streams that the worker can pull from, by their tokens. */
const producers: (link: Link) => Map<unknown, Producer> = /* @__PURE__ */ perLink((link) => {
  const running = new Map<unknown, Producer>();
  serve(link, "$/enumerator/next", (params, incoming) => {
    const token = tokenOf(params);
    const producer = running.get(token);
    incoming.raised = producer?.raised;
    if (producer) return producer.next(incoming);
    throw new RpcError(UNKNOWN_TOKEN, `There is no stream ${JSON.stringify(token)}`);
  });
  serve(link, "$/enumerator/abort", (params) =>
    running
      .get(tokenOf(params))
      ?.stop(new DOMException("The worker ended this stream", "AbortError")),
  );
  link.onLost((reason) => running.forEach((producer) => producer.stop(reason)));
  return running;
});

function tokenOf(params: unknown): unknown {
  return Array.isArray(params) ? params[0] : asObject(params)["token"];
}

class Producer {
  readonly token: string | number;
  /** Makes of what the source threw what the worker is told of it. */
  raised: Incoming["raised"];
  readonly #source: Source;
  readonly #write: Write;
  readonly #link: Link;
  readonly #release: (reason?: Error) => void;
  /** What the worker has not asked for yet, as JSON text, and how long that is. */
  #values: string[] = [];
  #text = 0;
  #count = 0;
  #window = 1;
  /** How the source ended, if it has. */
  #end: { readonly error?: Error } | undefined;
  #isOver = false;
  /** The `next` that waits for an item or the end. */
  #waiting: Waiter | undefined;
  #resume: () => void = nothing;

  /** `release` is called at the end, with a reason if it is not the source's own. */
  constructor(
    source: Source,
    write: Write,
    link: Link,
    scope: Scope,
    release: (reason?: Error) => void = nothing,
  ) {
    this.token = nextToken(link);
    this.#source = source;
    this.#write = write;
    this.#link = link;
    this.#release = release;
    producers(link).set(this.token, this);
    scope.attach((reason) => this.stop(reason));
    void this.#pump();
  }

  /** What the answer to the call carries. */
  begin(): Encoded {
    const token = `"token":${JSON.stringify(this.token)}`;
    if (this.#values.length === 0 && (!this.#end || this.#end.error))
      return new Encoded(`{${token}}`);
    const { values, finished } = this.#taken();
    return new Encoded(finished ? `{${values}}` : `{${token},${values}}`);
  }

  next(incoming: Incoming): Encoded | Promise<Encoded> {
    if (this.#waiting) {
      throw new RpcError(INVALID_REQUEST, "A next for this stream waits already: one at a time");
    }
    if (this.#values.length >= this.#window) this.#window = Math.min(this.#window * 2, WINDOW);
    if (this.#values.length > 0) return this.#take();
    if (this.#end) return this.#last(this.#end);
    return new Promise((answer, refuse) => {
      const waiting = (this.#waiting = { answer, refuse });
      incoming.signal.addEventListener("abort", () => {
        if (this.#waiting === waiting) this.#waiter()?.refuse(cancelled());
      });
    });
  }

  /** Ends the stream before its source does: whoever waits learns so, `finally` blocks run. */
  stop(reason?: Error): void {
    if (this.#isOver) return;
    this.#over(reason);
    const isLate = reason instanceof RpcError && reason.code === DEADLINE_EXCEEDED;
    this.#waiter()?.refuse(isLate ? reason : new RpcError(CANCELLED, "The stream was aborted"));
    if (!this.#end) void this.#closeSource();
    this.#resume();
  }

  async #pump(): Promise<void> {
    try {
      while (!this.#isOver) {
        const { done, value } = await this.#source.next();
        if (done) return this.#ended({});
        if (this.#isOver || !this.#add(value)) return;
        if (this.#isFull) await new Promise<void>((resolve) => (this.#resume = resolve));
      }
    } catch (thrown) {
      this.#ended({ error: toError(thrown) });
    }
  }

  get #isFull(): boolean {
    return this.#values.length >= this.#window || this.#text >= WINDOW_TEXT;
  }

  /** Returns whether JSON could hold the item. If not, the stream ends before it. */
  #add(item: unknown): boolean {
    try {
      const text = this.#write(item, this.#count);
      this.#text += text.length;
      this.#values.push(text);
    } catch (thrown) {
      void this.#closeSource();
      this.#ended({ error: toError(thrown) });
      return false;
    }
    this.#count += 1;
    this.#waiter()?.answer(this.#take());
    return true;
  }

  #ended(end: { readonly error?: Error }): void {
    this.#end = end;
    if (this.#isOver) return;
    if (end.error) this.#waiter()?.refuse(this.#failed(end.error));
    else this.#waiter()?.answer(this.#take());
  }

  /** Takes out who waits. */
  #waiter(): Waiter | undefined {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  #take(): Encoded {
    const { values, finished } = this.#taken();
    return new Encoded(`{${values},"finished":${finished}}`);
  }

  #taken(): Batch {
    const values = `"values":[${this.#values.join(",")}]`;
    this.#values = [];
    this.#text = 0;
    const finished = this.#end !== undefined && !this.#end.error;
    if (finished) this.#over();
    this.#resume();
    return { values, finished };
  }

  /** What answers when nothing is left. */
  #last({ error }: { readonly error?: Error }): Encoded {
    if (error) throw this.#failed(error);
    return this.#take();
  }

  #failed(error: Error): Error {
    this.#over();
    return error;
  }

  #over(reason?: Error): void {
    this.#isOver = true;
    producers(this.#link).delete(this.token);
    this.#release(reason);
  }

  async #closeSource(): Promise<void> {
    try {
      await this.#source.return?.();
    } catch (thrown) {
      this.#link.report(toError(thrown));
    }
  }
}

/** An item that is written as it is. */
export const textOf: Write = (item, index) => {
  try {
    const text = JSON.stringify(item) ?? "";
    refuseUnheld(item, text, 3); // As deep as it lies in the answer.
    return text;
  } catch (thrown) {
    throw unencodable(index, thrown);
  }
};

/** What ends the stream before an item that cannot be written. */
export function unencodable(index: number, thrown: unknown): RpcError {
  const problem = `Item ${index} of the stream: ${toError(thrown).message}`;
  return new RpcError(UNENCODABLE_RESULT, problem);
}

/** Lets all run that can. Not by a timer: a hidden page's are a second late. */
function onePass(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (): void => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}
