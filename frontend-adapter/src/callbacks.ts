/**
 * Functions that cross as handles (protocol, section 7), and live as long as the call that they
 * came with.
 *
 * `callback`: its result is waited for. `procedure`: its end is, whatever it returns. `notice`: one
 * way, nobody learns what became of it. Each has one beside it whose arguments are converted.
 */

import { converted, encodedAnswer } from "./codecs-role.js";
import { convert } from "./codecs.js";
import type { Codec, Way } from "./codecs.js";
import { RpcError, UNKNOWN_TOKEN, toError } from "./errors.js";
import type { Link, Scope } from "./link.js";
import { asObject } from "./messages.js";
import { Mismatch } from "./mismatch.js";
import { begin, ended, functionOf, perLink } from "./roles.js";
import type { Role } from "./roles.js";
import { begun, encoded, invalidParams, serve } from "./serving.js";
import { nextHandle } from "./tokens.js";

type Callback = (...args: readonly unknown[]) => unknown;

/** How many one-way calls may wait for the transport: more than anybody makes in one go. */
const WAITING = 10_000;

const INVOKE = /^\$\/invokeProxy\/(\d+)\/invoke$/;

export const callback: Role = {
  begin,
  offer: offerFunction,
  take(wire, link, scope): Callback {
    const method = methodOf(wire);
    return (...args) => {
      const ending = new AbortController();
      const detach = scope.attach((reason) => ending.abort(reason ?? ended("callback")));
      return link.call(method, args, { signal: ending.signal }).finally(detach);
    };
  },
};

export const procedure: Role = {
  begin,
  offer: (value, link, scope) => offerFunction(withoutResult(functionOf(value)), link, scope),
  take: (wire, link, scope) => callback.take(wire, link, scope),
};

export const notice: Role = {
  begin,
  offer: offerFunction,
  take(wire, link, scope): Callback {
    const method = methodOf(wire);
    const send = bounded(link);
    return (...args) => (scope.ended ? undefined : link.notify(method, args, send));
  },
};

/** What is converted of the arguments, by their places. */
type Params = readonly (Codec | undefined)[];

export function callbackOf(params: Params, result?: Codec): Role {
  return convertedCall(callback, params, result);
}

export function procedureOf(params: Params): Role {
  return convertedCall(procedure, params);
}

export function noticeOf(params: Params): Role {
  return {
    begin,
    offer(value, link, scope) {
      const own = functionOf<Callback>(value);
      return notice.offer((...wire: unknown[]) => own(...taken(wire, params)), link, scope);
    },
    take(wire, link, scope): Callback {
      const tell = notice.take(wire, link, scope) as Callback;
      return (...args: unknown[]) => tell(...given(args, params));
    },
  };
}

/** One that is waited for. */
function convertedCall(role: Role, params: Params, result?: Codec): Role {
  return {
    begin,
    offer(value, link, scope) {
      const own = functionOf<Callback>(value);
      const call = async (...wire: unknown[]): Promise<unknown> => {
        const answer = await own(...taken(wire, params));
        return result ? encodedAnswer("a callback's result", result, answer) : answer;
      };
      return role.offer(call, link, scope);
    },
    take(wire, link, scope): Callback {
      const call = role.take(wire, link, scope) as Callback;
      return async (...args: unknown[]) => {
        const answer = await call(...given(args, params));
        return result ? converted("a callback's answer", result, "decode", answer) : answer;
      };
    },
  };
}

/** The worker's arguments, converted in their place. */
function taken(wire: unknown[], params: Params): unknown[] {
  try {
    return each(wire, params, "decode");
  } catch (thrown) {
    if (!(thrown instanceof Mismatch)) throw thrown;
    const { path = "$", expected, received } = thrown;
    const place = `a callback's arguments${path.slice(1)}`;
    throw invalidParams(place, { param: null, path, expected, received });
  }
}

/** The page's arguments, likewise. */
function given(args: unknown[], params: Params): unknown[] {
  try {
    return each(args, params, "encode");
  } catch (thrown) {
    throw new TypeError(`a callback's arguments: ${toError(thrown).message}`);
  }
}

function each(args: unknown[], params: Params, way: Way): unknown[] {
  params.forEach((codec, index) => {
    if (codec && index < args.length) convert(args, index, codec, way);
  });
  return args;
}

function withoutResult(call: Callback): Callback {
  return async (...args) => void (await call(...args));
}

function offerFunction(value: unknown, link: Link, scope: Scope): unknown {
  const own = functionOf<Callback>(value);
  const handle = nextHandle(link);
  const handles = exposed(link);
  handles.set(handle, own);
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
    if (id === undefined) return invoke?.(...args); // Its call may have ended meanwhile.
    if (invoke)
      return begun(incoming, async () => encoded("a callback's result", await invoke(...args)));
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

/** Sends one-way calls unless too many wait; how many were dropped is told when those are taken. */
const bounded: (link: Link) => (line: string) => void = /* @__PURE__ */ perLink((link) => {
  let queue = { waiting: 0, dropped: 0 };
  link.onLost(() => (queue = { waiting: 0, dropped: 0 })); // What waited is not written any more.
  return (line) => {
    const own = queue;
    if (own.waiting === WAITING) {
      own.dropped += 1;
      return;
    }
    own.waiting += 1;
    link.send(() => {
      own.waiting -= 1;
      if (own.dropped > 0) {
        const what = `${own.dropped} one-way calls were dropped: ${WAITING} waited to be written`;
        link.report(new Error(what));
        own.dropped = 0;
      }
      return line;
    });
  };
});

function methodOf(wire: unknown): string {
  const { __jsonrpc_marshaled: kind, handle } = asObject(wire);
  if (kind === 1 && Number.isSafeInteger(handle)) return `$/invokeProxy/${handle}/invoke`;
  throw new Mismatch("a callback's handle", wire);
}
