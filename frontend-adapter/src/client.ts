/**
 * A typed client: a plain object made from a generated descriptor.
 *
 * The client is nothing but the contract; the connection's life is the channel's.
 */

import type { Channel } from "./channel.js";
import { toError } from "./errors.js";
import type { Params } from "./messages.js";
import { tag } from "./values.js";

export interface MethodDescriptor {
  /** The name on the wire: `files.search`. */
  readonly method: string;
  /** The wire names of the positional parameters, in order. */
  readonly params: readonly string[];
  /** The wire names of the keyword-only parameters. */
  readonly options?: readonly string[];
}

export interface NamespaceDescriptor {
  readonly members: Members;
}

export type Members = { readonly [name: string]: MethodDescriptor | NamespaceDescriptor };

/** What the generator writes of a contract; `T` is the interface of its client. */
export interface Descriptor<T> {
  readonly name: string;
  /** The digest of the contract (protocol, section 3). */
  readonly contract: string;
  /** The command that generates this descriptor again. */
  readonly regenerate: string;
  readonly members: Members;
  /** Never there: it carries `T` to the type checker. */
  readonly type?: T;
}

/** Makes the client of one contract. A channel can have several. */
export function createClient<T>(descriptor: Descriptor<T>, channel: Channel): T {
  channel.expect(descriptor);
  return bind(descriptor.members, channel) as T;
}

function bind(members: Members, channel: Channel): object {
  const target = {};
  for (const name of Object.keys(members)) {
    const member = members[name] as MethodDescriptor | NamespaceDescriptor;
    const value =
      "members" in member
        ? bind(member.members, channel)
        : (...args: unknown[]): Promise<unknown> => call(channel, member, args);
    // Not by assignment: a member called `__proto__` would not become one.
    Object.defineProperty(target, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return target;
}

function call(channel: Channel, descriptor: MethodDescriptor, args: unknown[]): Promise<unknown> {
  try {
    return channel.call(descriptor.method, toParams(descriptor, args));
  } catch (thrown) {
    return Promise.reject(toError(thrown));
  }
}

/**
 * By position, trailing undefined trimmed; by name if a hole remains (JSON has no undefined) or an
 * option is given. The options object is found by its place, never by its shape.
 */
function toParams(
  { method, params, options = [] }: MethodDescriptor,
  args: unknown[],
): Params | undefined {
  const given = Object.entries(trailing(method, params.length, args)).filter(isDefined);
  const unknown = given.find(([name]) => !options.includes(name));
  if (unknown) throw new TypeError(`${method} has no option '${unknown[0]}'`);
  const positional = args.slice(0, params.length);
  while (positional.length > 0 && positional[positional.length - 1] === undefined) positional.pop();
  if (given.length > 0 || positional.includes(undefined)) {
    const named = positional.map((value, index): [string, unknown] => [
      params[index] as string,
      value,
    ]);
    return Object.fromEntries([...named.filter(isDefined), ...given]);
  }
  return positional.length > 0 ? positional : undefined;
}

function isDefined([, value]: [string, unknown]): boolean {
  return value !== undefined;
}

function trailing(method: string, arity: number, args: unknown[]): object {
  const [options = {}, more] = args.slice(arity);
  if (tag(options) === "Object" && more === undefined) return options as object;
  throw new TypeError(`${method}: only an object of options can follow its ${arity} arguments`);
}
