/** What a channel gives out for something to be known by at the worker's (protocol, sections 6 and 7). */

import type { Link } from "./link.js";
import { perLink } from "./roles.js";

const last: (link: Link) => { token: number; handle: number } = /* @__PURE__ */ perLink(() => ({
  token: 0,
  handle: Math.floor(Math.random() * 2 ** 52), // Two windows' never meet.
}));

/** A token that this channel has not given out yet. */
export function nextToken(link: Link): number {
  return ++last(link).token;
}

/** A handle that no other window has given out. */
export function nextHandle(link: Link): number {
  return ++last(link).handle;
}
