/**
 * What a page offers the worker: the methods of a contract, served by an object's own.
 *
 * Arguments are put in their places by the descriptor; what they are is the worker's part to check.
 */

import type { Descriptor, Members, MethodDescriptor } from "./client.js";
import type { Declared } from "./declared.js";
import type { RpcError } from "./errors.js";
import type { ExpectedContract } from "./greeting.js";
import { nothing } from "./link.js";
import type { Incoming, Link } from "./link.js";
import { Mismatch } from "./mismatch.js";
import { roleOf } from "./roles.js";
import { begun, invalidParams, serve } from "./serving.js";

/** A call of the worker's, as a method of the page sees it: the last argument. */
export interface IncomingCall {
  /**
   * Aborts when the worker cancels the call or ends the stream that it returned, at its deadline, and
   * when the worker is gone.
   */
  readonly signal: AbortSignal;
}

/** What a channel takes to expose. */
export interface Exposed {
  readonly contract: ExpectedContract;
  readonly attach: (link: Link) => void;
}

type Target = { readonly [name: string]: ((...args: unknown[]) => unknown) | Target };

/** Throws a TypeError if the implementation lacks one of the contract's methods. */
export function expose<T>(descriptor: Descriptor<T>, implementation: T): Exposed {
  const methods = [...methodsOf(descriptor.members, implementation as Target, descriptor.name)];
  return {
    contract: descriptor,
    attach: (link) => {
      for (const [method, call] of methods)
        serve(link, method.method, (params, incoming) =>
          begun(incoming, () => answer(link, method, call, params, incoming)),
        );
    },
  };
}

type Call = (args: unknown[]) => unknown;

function* methodsOf(
  members: Members,
  target: Target,
  place: string,
): Generator<[MethodDescriptor, Call]> {
  for (const [name, member] of Object.entries(members)) {
    const own = (target as Target | undefined)?.[name];
    if ("members" in member) yield* methodsOf(member.members, own as Target, `${place}.${name}`);
    else if ("method" in member) {
      if (typeof own !== "function")
        throw new TypeError(`${place}: the implementation has no method '${name}'`);
      yield [member, (args): unknown => own.apply(target, args)];
    }
  }
}

async function answer(
  link: Link,
  method: MethodDescriptor,
  call: Call,
  params: unknown,
  incoming: Incoming,
): Promise<unknown> {
  const { signal, scope } = incoming;
  const { takes, onProgress, options, returns, raises = [] } = method;
  const [[first] = []] = raises;
  const error = first as Declared | undefined;
  incoming.raised = error && ((thrown): unknown => error.answering(thrown, raises, link.report));
  const given = named(method, params);
  const take = (name: string): unknown => {
    const [wire, role] = [given.get(name), roleOf(takes, name)];
    try {
      return role && wire != null ? role.take(wire, link, scope) : wire;
    } catch (thrown) {
      if (!(thrown instanceof Mismatch)) throw thrown;
      throw invalid(method, name, thrown.path ?? "$", thrown.expected, thrown.received);
    }
  };
  const args = method.params.map(take);
  if (options || onProgress !== undefined) {
    const pairs = (options ?? [])
      .filter((name) => given.has(name))
      .map((name) => [name, take(name)]);
    // Nobody need listen, and a method may tell all the same.
    if (onProgress !== undefined) pairs.push(["onProgress", take(onProgress) ?? nothing]);
    args.push(Object.fromEntries(pairs));
  }
  args.push({ signal } satisfies IncomingCall);
  const result = await call(args);
  if (returns === null) return null;
  return returns ? returns.answer(result, link, incoming) : result;
}

/** The params by name, whichever way they came. */
function named(method: MethodDescriptor, params: unknown = []): Map<string | undefined, unknown> {
  const { params: positional, options = [], onProgress, required = [] } = method;
  const names = [...positional, ...options, ...(onProgress === undefined ? [] : [onProgress])];
  const isList = Array.isArray(params);
  if (isList && params.length > positional.length) {
    const expected = `at most ${positional.length} by position`;
    throw invalid(method, undefined, `$[${positional.length}]`, expected, `${params.length}`);
  }
  if (typeof params !== "object" || params === null)
    throw invalid(method, undefined, "$", "an array or an object", JSON.stringify(params));
  const given = new Map<string | undefined, unknown>(
    isList
      ? params.map((value: unknown, index) => [positional[index], value])
      : Object.entries(params),
  );
  for (const name of given.keys()) {
    if (names.includes(name as string)) continue;
    const expected = names.length > 0 ? `only the names ${names.join(", ")}` : "no parameters";
    throw invalid(method, undefined, `$.${name}`, expected, `"${name}"`);
  }
  const missing = required.find((name) => !given.has(name));
  if (missing !== undefined) throw invalid(method, missing, "$", "a value", "nothing");
  return given;
}

function invalid(
  { method }: MethodDescriptor,
  param: string | undefined,
  path: string,
  expected: string,
  received: string,
): RpcError {
  const place = param === undefined ? method : `${method}, ${param}${path.slice(1)}`;
  return invalidParams(place, { param: param ?? null, path, expected, received });
}
