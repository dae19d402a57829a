/**
 * Functions that cross as handles (protocol, section 7), and live as long as the call that they
 * came with.
 *
 * `callback`: its result is waited for. `procedure`: its end is, whatever it returns. `notice`: one
 * way, nobody learns what became of it.
 */

import { RpcError, UNKNOWN_TOKEN } from "./errors.js";
import type { Link, Scope } from "./link.js";
import { asObject } from "./messages.js";
import { Mismatch, begin, perLink } from "./roles.js";
import type { Role } from "./roles.js";
import { begun, serve } from "./serving.js";

type Callback = (...args: readonly unknown[]) => unknown;

const INVOKE = /^\$\/invokeProxy\/(\d+)\/invoke$/;

export const callback: Role = {
  begin,
  offer: offerFunction,
  take(wire, link, scope): Callback {
    const method = methodOf(wire);
    return (...args) => {
      const ending = new AbortController();
      const detach = scope.attach((reason) => ending.abort(reason ?? ended()));
      return link.request(method, args, { signal: ending.signal }).finally(detach);
    };
  },
};

export const procedure: Role = {
  begin,
  offer: (value, link, scope) =>
    offerFunction(
      typeof value === "function" ? withoutResult(value as Callback) : value,
      link,
      scope,
    ),
  take: (wire, link, scope) => callback.take(wire, link, scope),
};

export const notice: Role = {
  begin,
  offer: offerFunction,
  take(wire, link, scope): Callback {
    const method = methodOf(wire);
    return (...args) => (scope.ended ? undefined : link.notify(method, args));
  },
};

function withoutResult(call: Callback): Callback {
  return async (...args) => void (await call(...args));
}

function ended(): Error {
  return new Error("The call that this callback came with has ended");
}

function offerFunction(value: unknown, link: Link, scope: Scope): unknown {
  if (typeof value !== "function") {
    throw new Mismatch("a function", value);
  }
  const handle = link.nextHandle();
  const handles = exposed(link);
  handles.set(handle, value as Callback);
  scope.attach(() => handles.delete(handle));
  return { __jsonrpc_marshaled: 1, handle, lifetime: "call" };
}

/** The functions that the worker can call, by their handles. */
const exposed: (link: Link) => Map<unknown, Callback> = /* @__PURE__ */ perLink((link) => {
  const handles = new Map<unknown, Callback>();
  serve(link, "$/invokeProxy/", (params, incoming) => {
    const { id, method } = incoming;
    const invoke = handles.get(Number(INVOKE.exec(method)?.[1]));
    const args = Array.isArray(params) ? (params as unknown[]) : [];
    if (invoke) return id === undefined ? invoke(...args) : begun(incoming, () => invoke(...args));
    if (id === undefined) return undefined; // Its call may have ended while it was on its way.
    throw new RpcError(UNKNOWN_TOKEN, `There is no callback behind ${method}: its call has ended`);
  });
  serve(link, "$/releaseMarshaledObject", (params) => {
    const [handle, isTheirs] = Array.isArray(params)
      ? (params as unknown[])
      : [asObject(params)["handle"], asObject(params)["ownedBySender"]];
    if (!isTheirs) handles.delete(handle);
  });
  link.onLost(() => handles.clear());
  return handles;
});

function methodOf(wire: unknown): string {
  const { __jsonrpc_marshaled: kind, handle } = asObject(wire);
  if (kind === 1 && Number.isSafeInteger(handle)) return `$/invokeProxy/${handle}/invoke`;
  throw new Mismatch("a callback's handle", wire);
}
