/**
 * Progress of a call (protocol, section 7): a function here, a token on the wire.
 */

import type { Link } from "./link.js";
import { asObject } from "./messages.js";
import { Mismatch, begin, perLink } from "./roles.js";
import type { Role } from "./roles.js";
import { serve } from "./serving.js";

type Listener = (value: unknown) => unknown;

export const progress: Role = {
  begin,
  offer(value, link, scope): string | number {
    if (typeof value !== "function") {
      throw new Mismatch("a function", value);
    }
    const token = link.nextToken();
    const heard = listeners(link);
    heard.set(token, value as Listener);
    scope.attach(() => heard.delete(token));
    return token;
  },

  take(token, link, scope): Listener {
    if (typeof token !== "string" && typeof token !== "number") {
      throw new Mismatch("a progress token", token);
    }
    return (value) => (scope.ended ? undefined : link.notify("$/progress", { token, value }));
  },
};

/** Who listens, by the token that was given out. */
const listeners: (link: Link) => Map<unknown, Listener> = /* @__PURE__ */ perLink((link) => {
  const heard = new Map<unknown, Listener>();
  serve(link, "$/progress", (params) => {
    const { token, value } = asObject(params);
    return heard.get(token)?.(value);
  });
  return heard;
});
