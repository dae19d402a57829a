/**
 * Streams that cross (protocol, section 6): their roles, and what a caller reads.
 *
 * A stream of the worker's is lazy: nothing is sent, and nothing held, before its first pull.
 */

import type { MethodDescriptor } from "./client.js";
import { converted } from "./codecs-role.js";
import type { Codec } from "./codecs.js";
import type { CallOptions, Link, Scope } from "./link.js";
import { Mismatch } from "./mismatch.js";
import { WINDOW_TEXT, offerArgument, offerResult, textOf, unencodable } from "./producers.js";
import type { Source, Write } from "./producers.js";
import { Pull, readForm } from "./pull.js";
import { begin, ended } from "./roles.js";
import type { ResultRole, Send } from "./roles.js";
import type { Call } from "./safe.js";
import { Encoded } from "./serving.js";

/**
 * The items that a method gives one after the other. The call is made at the first pull; the stream
 * can be read once. Whoever leaves its loop early ends it in the worker too.
 */
export interface Stream<T, E = never> extends AsyncIterable<T> {
  /** The items as they arrive, one array a message. */
  batches(): AsyncIterableIterator<T[]>;
  /** All items, when the last has arrived. */
  toArray(): Call<T[], E>;
}

/** Of how many items a list still goes whole, if they are short: as many as one batch could hold. */
const WHOLE = 1024;

export const stream: ResultRole = {
  begin,
  offer(value, link, scope) {
    const values = whole(value);
    // Not without a look: what JSON cannot hold is refused by its place, and much goes in pieces.
    if (!values || !isShort(values.map(textOf)))
      return offerArgument(sourceOf(value), textOf, link, scope);
    return { values };
  },
  take: (wire, link, scope) => new PulledStream(takenPull(wire, link, scope)),
  open: (...call) => new PulledStream(openedPull(...call)),
  async answer(value, link, incoming) {
    const values = whole(value);
    const texts = values?.map(textOf);
    if (!texts || !isShort(texts)) return offerResult(sourceOf(value), textOf, link, incoming);
    return new Encoded(`{"values":[${texts.join(",")}]}`);
  },
};

function isShort(texts: readonly string[]): boolean {
  return texts.reduce((sum, { length }) => sum + length, 0) <= WINDOW_TEXT;
}

/** Of items that are converted. */
export function streamOf(item: Codec): ResultRole {
  const encode = (value: unknown, index: number): unknown => {
    try {
      return item.encode(value);
    } catch (thrown) {
      throw unencodable(index, thrown);
    }
  };
  const write: Write = (value, index) => textOf(encode(value, index), index);
  return {
    begin,
    offer(value, link, scope) {
      const values = whole(value)?.map(encode);
      if (!values) return offerArgument(sourceOf(value), write, link, scope);
      return stream.offer(values, link, scope);
    },
    take: (wire, link, scope) => convertedStream(takenPull(wire, link, scope), item, ""),
    open: (send, link, method, limits) =>
      convertedStream(openedPull(send, link, method, limits), item, `${method.method}: `),
    async answer(value, link, incoming) {
      const values = whole(value)?.map(encode);
      if (!values) return offerResult(sourceOf(value), write, link, incoming);
      return stream.answer(values, link, incoming);
    },
  };
}

function takenPull(wire: unknown, link: Link, scope: Scope): Pull {
  const form = readForm(wire);
  const pull = new Pull(link, () => Promise.resolve(form));
  if (form.token !== undefined) scope.attach((reason) => pull.lose(reason ?? ended("stream")));
  return pull;
}

function openedPull(
  send: Send,
  link: Link,
  { raises }: MethodDescriptor,
  { signal, timeoutMs }: CallOptions,
): Pull {
  return new Pull(link, send, { signal, timeoutMs }, raises);
}

/** `place` begins what a message says of an item. */
function convertedStream(pull: Pull, item: Codec, place: string): Stream<unknown> {
  let count = 0;
  const read = (wire: unknown): unknown =>
    converted(`${place}Item ${count++} of the stream`, item, "decode", wire);
  return new PulledStream({
    refuseIfStopped: () => pull.refuseIfStopped(),
    stop: () => pull.stop(),
    async batch() {
      const wires = await pull.batch();
      try {
        return wires?.map(read);
      } catch (reason) {
        pull.stop({ reason });
        throw reason;
      }
    },
  });
}

/** The items of what knows how many it has, if they are few. */
function whole(value: unknown): unknown[] | undefined {
  const count = isIterable(value) ? sizeOf(value) : undefined;
  return count !== undefined && count <= WHOLE ? Array.from(value as Iterable<unknown>) : undefined;
}

function sizeOf(value: object): number | undefined {
  const { length, size } = value as { readonly length?: unknown; readonly size?: unknown };
  const count = length ?? size;
  return typeof count === "number" ? count : undefined;
}

function sourceOf(value: unknown): Source {
  if (isAsyncIterable(value)) return value[Symbol.asyncIterator]();
  if (!isIterable(value)) {
    throw new Mismatch("an iterable or async iterable", value);
  }
  // A copy of a list: what the caller changes afterwards is not meant.
  const items = sizeOf(value) === undefined ? value : Array.from(value);
  return items[Symbol.iterator]();
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof Object(value)[Symbol.asyncIterator] === "function";
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof Object(value)[Symbol.iterator] === "function";
}

/** What a stream reads from. */
type Pulled = Pick<Pull, "batch" | "refuseIfStopped" | "stop">;

class PulledStream implements Stream<unknown> {
  #pull: Pulled | undefined;

  constructor(pull: Pulled) {
    this.#pull = pull;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    const pull = this.#use();
    return iterator(pull, items(pull));
  }

  batches(): AsyncIterableIterator<unknown[]> {
    const pull = this.#use();
    return iterator(pull, batches(pull));
  }

  async toArray(): Promise<unknown[]> {
    const all: unknown[] = [];
    for await (const batch of this.batches()) for (const item of batch) all.push(item);
    return all;
  }

  #use(): Pulled {
    const pull = this.#pull;
    if (!pull) throw new TypeError("A stream can be read once: call its method again");
    this.#pull = undefined;
    return pull;
  }
}

async function* batches(pull: Pulled): AsyncGenerator<unknown[], undefined> {
  for (let batch = await pull.batch(); batch; batch = await pull.batch()) yield batch;
  return undefined;
}

async function* items(pull: Pulled): AsyncGenerator<unknown, undefined> {
  for (let batch = await pull.batch(); batch; batch = await pull.batch()) {
    for (const item of batch) {
      pull.refuseIfStopped(); // An abort counts at once, not after what has arrived.
      yield item;
    }
  }
  return undefined;
}

/** Unlike a generator's own, its `return` does not wait for the item that is on its way. */
function iterator<T>(pull: Pulled, values: AsyncGenerator<T, undefined>): AsyncIterableIterator<T> {
  return {
    next: () => values.next(),
    return: () => {
      pull.stop();
      return values.return(undefined);
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
