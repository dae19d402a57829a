/**
 * The worker's events, as a page takes them: by a listener, or by a loop.
 *
 * A subscription is the page's alone. The worker is not told of it, and it outlasts workers.
 */

import { onAbort, refuseLimits } from "./calls.js";
import { converted } from "./codecs-role.js";
import type { Codec } from "./codecs.js";
import { nothing } from "./link.js";
import type { Link } from "./link.js";
import { Mismatch } from "./mismatch.js";

/** How many events wait for a loop that is busy; for a page, more would be news of yesterday. */
const BUFFER = 1024;

/** An event of the worker's. A loop over it gets what comes from its beginning on. */
export interface EventFeed<T> extends AsyncIterable<T> {
  /** Calls `listener` at each event, until what this returns is called or `signal` aborts. */
  on(
    listener: (value: T) => void,
    options?: { readonly signal?: AbortSignal | undefined },
  ): () => void;
  [Symbol.asyncIterator](): EventIterator<T>;
}

/** What a loop gets the events from. It ends when the channel is closed. */
export interface EventIterator<T> extends AsyncIterableIterator<T> {
  /** How many events were dropped, the oldest ones, for the loop was too slow. */
  readonly dropped: number;
}

/** What the generator writes of an event. */
export interface EventDescriptor {
  /** The name on the wire. */
  readonly event: string;
  readonly feed: (link: Link) => EventFeed<unknown>;
}

/** Describes the event of this name. */
export function event(name: string): EventDescriptor {
  return { event: name, feed: (link) => new Feed(name, link) };
}

/** Describes one whose payload is converted. */
export function eventOf(name: string, payload: Codec): EventDescriptor {
  const feed = (link: Link): Feed =>
    new Feed(name, {
      get state() {
        return link.state;
      },
      onLost: (listener) => link.onLost(listener),
      listen: (method, listener) =>
        link.listen(method, (params) => {
          if (isRead(params, name, payload)) listener(params);
        }),
    });
  return { event: name, feed };
}

/** Whether each message's payload, which all listeners get, could be converted. */
const read = /* @__PURE__ */ new WeakMap<object, boolean>();

/** Converts a payload in place, if that was not done for another listener. */
function isRead(params: unknown, name: string, payload: Codec): boolean {
  if (!Array.isArray(params)) return true;
  const known = read.get(params);
  if (known !== undefined) return known;
  read.set(params, false); // Unless it can be: what is thrown is told once.
  params[0] = converted(name, payload, "decode", params[0]);
  read.set(params, true);
  return true;
}

/** What a feed needs of a link. */
type Source = Pick<Link, "state" | "listen" | "onLost">;

class Feed implements EventFeed<unknown> {
  readonly #name: string;
  readonly #link: Source;

  constructor(name: string, link: Source) {
    this.#name = name;
    this.#link = link;
  }

  on(
    listener: (value: unknown) => void,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): () => void {
    if (typeof listener !== "function")
      throw new TypeError(`${this.#name}: ${new Mismatch("a function", listener).message}`);
    refuseLimits(this.#name, { signal });
    if (signal?.aborted) return nothing;
    const unlisten = this.#link.listen(this.#name, (params) =>
      listener(Array.isArray(params) ? params[0] : undefined),
    );
    const off = (): void => {
      unlisten();
      forget?.();
    };
    const forget = signal && onAbort(signal, off);
    return off;
  }

  [Symbol.asyncIterator](): EventIterator<unknown> {
    return new Events(this, this.#link);
  }
}

class Events implements EventIterator<unknown> {
  dropped = 0;
  #isOver = false;
  readonly #values: unknown[] = [];
  /** Those who wait for an event: never while there are values. */
  readonly #waiting: ((result: IteratorResult<unknown>) => void)[] = [];
  readonly #release: () => void;

  constructor(feed: Feed, link: Source) {
    const off = feed.on((value) => this.#take(value));
    const endIfClosed = (): void => {
      if (link.state === "closed") this.#end();
    };
    const forget = link.onLost(endIfClosed);
    this.#release = (): void => {
      off();
      forget();
    };
    endIfClosed();
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#values.length > 0)
      return Promise.resolve({ done: false, value: this.#values.shift() });
    if (this.#isOver) return Promise.resolve(OVER);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  return(): Promise<IteratorResult<unknown>> {
    this.#values.length = 0;
    this.#end();
    return Promise.resolve(OVER);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #take(value: unknown): void {
    const waiter = this.#waiting.shift();
    if (waiter) return waiter({ done: false, value });
    if (this.#values.push(value) <= BUFFER) return;
    this.#values.shift();
    this.dropped += 1;
  }

  #end(): void {
    this.#isOver = true;
    this.#release();
    for (const waiter of this.#waiting.splice(0)) waiter(OVER);
  }
}

const OVER: IteratorResult<unknown> = { done: true, value: undefined };
