/**
 * Streams that cross (protocol, section 6): the role, and what a caller reads.
 *
 * A stream of the worker's is lazy: nothing is sent, and nothing held, before its first pull.
 */

import { offerArgument, offerResult, textOf } from "./producers.js";
import type { Source } from "./producers.js";
import { Pull, readForm } from "./pull.js";
import { Mismatch, begin, ended } from "./roles.js";
import type { ResultRole } from "./roles.js";
import { Encoded } from "./serving.js";

/**
 * The items that a method gives one after the other. The call is made at the first pull; the stream
 * can be read once. Whoever leaves its loop early ends it in the worker too.
 */
export interface Stream<T> extends AsyncIterable<T> {
  /** The items as they arrive, one array a message. */
  batches(): AsyncIterableIterator<T[]>;
  /** All items, when the last has arrived. */
  toArray(): Promise<T[]>;
}

/** Of how many items a list still goes whole: as many as one batch could hold. */
const WHOLE = 1024;

export const stream: ResultRole = {
  begin,
  offer(value, link, scope) {
    const values = whole(value);
    if (!values) return offerArgument(sourceOf(value), link, scope);
    values.forEach(textOf); // So that what JSON cannot hold is refused by its place.
    return { values };
  },

  take(wire, link, scope): Stream<unknown> {
    const form = readForm(wire);
    const pull = new Pull(link, () => Promise.resolve(form));
    if (form.token !== undefined) scope.attach((reason) => pull.lose(reason ?? ended("stream")));
    return new PulledStream(pull);
  },

  open(send, link, limits): Stream<unknown> {
    return new PulledStream(new Pull(link, send, limits));
  },

  async answer(value, link, incoming) {
    const values = whole(value);
    if (!values) return offerResult(sourceOf(value), link, incoming);
    return new Encoded(`{"values":[${values.map(textOf).join(",")}]}`);
  },
};

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

class PulledStream implements Stream<unknown> {
  #pull: Pull | undefined;

  constructor(pull: Pull) {
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

  #use(): Pull {
    const pull = this.#pull;
    if (!pull) throw new TypeError("A stream can be read once: call its method again");
    this.#pull = undefined;
    return pull;
  }
}

async function* batches(pull: Pull): AsyncGenerator<unknown[], undefined> {
  for (let batch = await pull.batch(); batch; batch = await pull.batch()) yield batch;
  return undefined;
}

async function* items(pull: Pull): AsyncGenerator<unknown, undefined> {
  for (let batch = await pull.batch(); batch; batch = await pull.batch()) {
    for (const item of batch) {
      pull.refuseIfStopped(); // An abort counts at once, not after what has arrived.
      yield item;
    }
  }
  return undefined;
}

/** Unlike a generator's own, its `return` does not wait for the item that is on its way. */
function iterator<T>(pull: Pull, values: AsyncGenerator<T, undefined>): AsyncIterableIterator<T> {
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
