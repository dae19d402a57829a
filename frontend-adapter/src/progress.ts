/**
 * Progress of a call (protocol, section 7): a function here, a token on the wire.
 */

import { converted } from "./codecs-role.js";
import type { Codec } from "./codecs.js";
import type { Link } from "./link.js";
import { asObject } from "./messages.js";
import { Mismatch } from "./mismatch.js";
import { begin, functionOf, perLink } from "./roles.js";
import type { Role } from "./roles.js";
import { serve } from "./serving.js";
import { nextToken } from "./tokens.js";

type Listener = (value: unknown) => unknown;

export const progress: Role = {
  begin,
  offer(value, link, scope): string | number {
    const listener = functionOf<Listener>(value);
    const token = nextToken(link);
    const heard = listeners(link);
    heard.set(token, listener);
    scope.attach(() => heard.delete(token));
    return token;
  },

  take(token, link, scope): Listener {
    if (typeof token !== "string" && typeof token !== "number") {
      throw new Mismatch("a progress token", token);
    }
    const latest = latestOnly(link);
    return (value) =>
      scope.ended ? undefined : link.notify("$/progress", { token, value }, latest);
  },
};

/** Whose values are converted. */
export function progressOf(value: Codec): Role {
  return {
    begin,
    offer(own, link, scope) {
      const listener = functionOf<Listener>(own);
      const take = (wire: unknown): unknown =>
        listener(converted("A progress", value, "decode", wire));
      return progress.offer(take, link, scope);
    },
    take(token, link, scope): Listener {
      const report = progress.take(token, link, scope) as Listener;
      return (given) => report(converted("onProgress", value, "encode", given));
    },
  };
}

/** Has the latest line written, in the place of those that the transport has not taken yet. */
function latestOnly(link: Link): (line: string) => void {
  let waiting: string | undefined;
  const take = (): string => {
    const line = waiting ?? "";
    waiting = undefined;
    return line;
  };
  return (line) => {
    if (waiting === undefined) link.send(take);
    waiting = line;
  };
}

/** Who listens, by the token that was given out. */
const listeners: (link: Link) => Map<unknown, Listener> = /* @__PURE__ */ perLink((link) => {
  const heard = new Map<unknown, Listener>();
  serve(link, "$/progress", (params) => {
    const { token, value } = asObject(params);
    return heard.get(token)?.(value);
  });
  return heard;
});
