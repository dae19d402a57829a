/**
 * A typed client: a plain object made from a generated descriptor.
 *
 * The client is nothing but the contract; the connection's life is the channel's.
 */

import { refuseLimits } from "./calls.js";
import type { Channel } from "./channel.js";
import type { Raises } from "./declared.js";
import { raising, toError } from "./errors.js";
import type { EventDescriptor } from "./events.js";
import { linkOf } from "./link.js";
import type { CallOptions, RequestOptions } from "./link.js";
import type { Params } from "./messages.js";
import type { ResultRole, Roles } from "./roles.js";
import { tag } from "./values.js";

export interface MethodDescriptor {
  /** The name on the wire: `files.search`. */
  readonly method: string;
  /** The wire names of the positional parameters, in order. */
  readonly params: readonly string[];
  /** The wire names of the keyword-only parameters. */
  readonly options?: readonly string[];
  /** The wire name of the parameter that the option `onProgress` is for. */
  readonly onProgress?: string;
  /** The wire names of those parameters that must be given. */
  readonly required?: readonly string[];
  /** How those parameters cross that are no plain values. */
  readonly takes?: Roles;
  /** The errors that it declares, and how the data of each is converted. */
  readonly raises?: Raises;
  /** How the result crosses if it is no plain value; null if there is none, whatever a page returns. */
  readonly returns?: ResultRole | null;
}

export interface NamespaceDescriptor {
  readonly members: Members;
}

export type Member = MethodDescriptor | NamespaceDescriptor | EventDescriptor;

export type Members = { readonly [name: string]: Member };

/** What the generator writes of a contract; `T` is the interface of its client. */
export interface Descriptor<T> {
  readonly name: string;
  /** The digest of the contract (protocol, section 3); of each conversation that it is part of. */
  readonly contract: string | readonly string[];
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
  // Not by assignment: a member called `__proto__` would not become one.
  return Object.fromEntries(
    Object.entries(members).map(([name, member]) => [name, memberOf(member, channel)]),
  );
}

function memberOf(member: Member, channel: Channel): unknown {
  if ("members" in member) return bind(member.members, channel);
  if ("feed" in member) return member.feed(linkOf(channel));
  return (...args: unknown[]): unknown => call(channel, member, args);
}

/** What the caller gets: a promise, or what a role makes of the call. */
function call(channel: Channel, method: MethodDescriptor, args: unknown[]): unknown {
  if (!method.returns) return send(channel, method, args);
  const later = (options?: RequestOptions): Promise<unknown> =>
    send(channel, method, args, options);
  const limits = Object(args[method.params.length]) as CallOptions;
  return method.returns.open(later, linkOf(channel), method, limits);
}

function send(
  channel: Channel,
  descriptor: MethodDescriptor,
  args: unknown[],
  options?: RequestOptions,
): Promise<unknown> {
  const link = linkOf(channel);
  // Each role knows how all arguments are offered; without one, nobody need.
  const [role] = Object.values(descriptor.takes ?? {});
  const offering = role?.begin(descriptor, link, options?.scope);
  try {
    const [params, limits] = readArguments(descriptor, args, offering?.offer);
    const scope = offering?.scope ?? options?.scope;
    const answer = link.call(descriptor.method, params, { ...limits, ...options, scope });
    return raising(descriptor.raises, answer);
  } catch (thrown) {
    const error = toError(thrown);
    offering?.scope.end(error);
    return Promise.reject(error);
  }
}

type Named = [name: string, value: unknown];

/**
 * Returns a call's params, and what is not for the method. By position; by name if a hole remains
 * (JSON has no undefined) or an option is given.
 */
function readArguments(
  descriptor: MethodDescriptor,
  args: unknown[],
  offer = (_name: string, value: unknown): unknown => value,
): [Params | undefined, CallOptions] {
  const { params } = descriptor;
  const { signal, timeoutMs, ...others } = trailing(descriptor, args);
  refuseLimits(descriptor.method, { signal, timeoutMs });
  const named = params.map((name, index): Named => [name, args[index]]);
  for (const [option, value] of Object.entries(others).filter(isDefined))
    named.push([wireName(descriptor, option), value]);
  const given = named.filter(isDefined).map(([name, value]): Named => [name, offer(name, value)]);
  const isByPosition = given.every(([name], index) => name === params[index]);
  const found = isByPosition ? given.map(([, value]) => value) : Object.fromEntries(given);
  return [given.length > 0 ? found : undefined, { signal, timeoutMs }];
}

function isDefined([, value]: Named): boolean {
  return value !== undefined;
}

function wireName({ method, options, onProgress }: MethodDescriptor, option: string): string {
  if (option === "onProgress" && onProgress !== undefined) return onProgress;
  if (options?.includes(option)) return option;
  throw new TypeError(`${method} has no option '${option}'`);
}

/** The options object is found by its place, never by its shape. */
function trailing({ method, params }: MethodDescriptor, args: unknown[]): CallOptions {
  const [options = {}, more] = args.slice(params.length);
  if (tag(options) === "Object" && more === undefined) return options as CallOptions;
  throw new TypeError(
    `${method}: only an object of options can follow its ${params.length} arguments`,
  );
}
