/** A client whose worker has greeted it, for what happens afterwards. */

import { expect } from "vitest";
import { createClient } from "../src/index.js";
import type { ChannelOptions, Members } from "../src/index.js";
import { connect } from "./fake-worker.js";
import type { Fixture, Received } from "./fake-worker.js";

export interface Greeted<T> extends Fixture {
  readonly client: T;
  readonly session: string;
}

export async function greeted<T>(members: Members, options?: ChannelOptions): Promise<Greeted<T>> {
  const fixture = connect(options);
  const client = createClient<T>(
    { name: "BackendAPI", contract: "c1", regenerate: "", members },
    fixture.channel,
  );
  return { ...fixture, client, session: await fixture.worker.greet() };
}

/** A message without what is the same in each. */
export function gist({ method, params }: Received): unknown {
  return { method, params };
}

/** Begins to take from an iterator, as a loop would. */
export function pull<T>(items: AsyncIterable<T>): AsyncIterator<T> & { return(): unknown } {
  return items[Symbol.asyncIterator]() as AsyncIterator<T> & { return(): unknown };
}

/** Asks the page for something, as the worker does; resolves with the answer. */
export async function ask(
  { worker, session }: Pick<Greeted<unknown>, "worker" | "session">,
  method: string,
  params: unknown,
): Promise<Received & { readonly result?: unknown }> {
  const id = `${session}:w${++asked}`;
  worker.say({ jsonrpc: "2.0", id, method, params });
  const answer = await worker.message();
  expect(answer.id).toBe(id);
  return answer;
}

let asked = 0;
