/**
 * How an argument or a result crosses that is no plain value: a stream, a progress, a callback, a value
 * that is converted.
 *
 * A descriptor names the roles that its methods need, so that a bundle holds no others. Nothing
 * here knows what a role does.
 */

import type { MethodDescriptor } from "./client.js";
import { toError } from "./errors.js";
import { Scope } from "./link.js";
import type { CallOptions, Incoming, Link, RequestOptions } from "./link.js";
import { Mismatch } from "./mismatch.js";

/** How an argument crosses, either way. */
export interface Role {
  /** `begin`, of all roles: so only a bundle that holds one holds what offering takes. */
  readonly begin: typeof begin;
  /** What goes on the wire in the place of `value`. Throws a `Mismatch` for what it cannot be. */
  offer(value: unknown, link: Link, scope: Scope): unknown;
  /** What the wire's value stands for. Throws a `Mismatch` for what it cannot be. */
  take(wire: unknown, link: Link, scope: Scope): unknown;
}

/** How a result crosses, either way. */
export interface ResultRole extends Role {
  /** What a call returns at once, in a plain promise's place; `send` makes the call. */
  open(send: Send, link: Link, method: MethodDescriptor, limits: CallOptions): unknown;
  /** What answers a request in the place of `value`, which may live on beyond the answer. */
  answer(value: unknown, link: Link, incoming: Incoming): unknown;
}

/** Sends the request with the arguments that the caller gave; never throws. */
export type Send = (options?: RequestOptions) => Promise<unknown>;

/** The roles of parameters, by their wire names. */
export type Roles = { readonly [parameter: string]: Role };

/** Keeps one table for each channel, made when it is first asked for. */
export function perLink<T extends object>(make: (link: Link) => T): (link: Link) => T {
  const tables = new WeakMap<Link, T>();
  return (link) => {
    const table = tables.get(link) ?? make(link);
    tables.set(link, table);
    return table;
  };
}

/** How the arguments of one call are offered, for as long as that lives. */
export interface Offering {
  readonly scope: Scope;
  /** What goes on the wire in the place of a parameter's value. */
  readonly offer: (parameter: string, value: unknown) => unknown;
}

export function begin(
  { method, takes, onProgress }: MethodDescriptor,
  link: Link,
  scope: Scope = new Scope(),
): Offering {
  function offer(parameter: string, value: unknown): unknown {
    const role = value === null ? undefined : roleOf(takes, parameter);
    try {
      return role ? role.offer(value, link, scope) : value;
    } catch (thrown) {
      const given = parameter === onProgress ? "onProgress" : parameter;
      throw new TypeError(`${method}: '${given}': ${toError(thrown).message}`);
    }
  }
  return { scope, offer };
}

/** The role of one parameter, if it is no plain value. */
export function roleOf(roles: Roles | undefined, parameter: string): Role | undefined {
  // Its own only: a parameter may be called `toString`.
  const has = Object.prototype.hasOwnProperty.call(roles ?? {}, parameter);
  return has ? roles?.[parameter] : undefined;
}

/** Why what came with a call is of no use after it. */
export function ended(what: string): Error {
  return new Error(`The call that this ${what} came with has ended`);
}

/** A function, for the roles that take one. */
export function functionOf<T extends (...args: never[]) => unknown>(value: unknown): T {
  if (typeof value === "function") return value as T;
  throw new Mismatch("a function", value);
}
