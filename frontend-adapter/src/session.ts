/**
 * One client's address among the windows that share a worker (protocol, section 3): its ids, its
 * hello, and which lines are another's.
 */

import type { LogLevel } from "./logs.js";
import { encodeNotification, encodeRequest, isRequest } from "./messages.js";
import type { Message, Notification, Params } from "./messages.js";

/** How a line for one session begins (protocol, section 1), or one with an anonymous id. */
const ADDRESSED = /^\{"jsonrpc":"2\.0","(?:id|session)":"([\w-]+)[":]/;

/** How an answer begins, or a batch of them. */
const ANSWER = /^\[?\{"jsonrpc":"2\.0","id":"([^"]+)"/;

export class Session {
  /** What it is called on the wire. */
  name: string = randomName();
  readonly #window: string | undefined;
  readonly #log: LogLevel | undefined;
  #sequence = 0;

  /** `window` is what names the window across reloads, `log` the level of the logs that it wants. */
  constructor(window: string | undefined, log: LogLevel | undefined) {
    this.#window = claim(window ?? storedName());
    this.#log = log;
  }

  /** Leaves the window's name to others. */
  end(): void {
    taken().delete(this.#window);
  }

  get helloId(): string {
    return this.#id(0);
  }

  hello(): string {
    const params = { session: this.name, window: this.#window, log: this.#log };
    return encodeRequest(this.helloId, "system.hello", params);
  }

  /** The last line of the session. */
  goodbye(): string {
    return this.notification("$/endSession", { session: this.name });
  }

  notification(method: string, params: Params): string {
    return encodeNotification(this.name, method, params);
  }

  nextId(): string {
    return this.#id(++this.#sequence);
  }

  /** Whether a request or an answer with this id is for us. */
  owns(id: unknown): boolean {
    return typeof id === "string" && id.startsWith(this.#id(""));
  }

  /** Whether a line is for another session. Told from its first characters: nothing is parsed. */
  isForeign(line: string): boolean {
    const match = ADDRESSED.exec(line);
    return match !== null && match[1] !== this.name;
  }

  /** Whether a message is for us, or for all. */
  concerns(message: Message): boolean {
    if (isRequest(message)) return this.owns(message.id);
    const { session = this.name } = message as Partial<Notification>;
    return session === this.name;
  }

  /** Takes another name. */
  renew(): void {
    this.name = randomName();
  }

  #id(end: number | string): string {
    return `${this.name}:${end}`;
  }
}

/** The id of an answer that cannot be parsed, or of the first in a batch, if its beginning has one. */
export function idInHead(line: string): string | undefined {
  return ANSWER.exec(line)?.[1];
}

/** Random enough that two windows never choose the same. It protects nothing. */
export function randomName(): string {
  return Math.floor((1 + 35 * Math.random()) * 36 ** 9).toString(36);
}

/** What the channels of a page share, those of other copies of this runtime too. */
interface Names extends Set<string | undefined> {
  /** What names the window across reloads, once somebody has asked for it. */
  stored?: string;
}

/** What there is of a page outside of one. */
interface Page {
  readonly sessionStorage?: Storage;
  readonly addEventListener?: (type: string, listener: () => void) => void;
  [NAMES]?: Names;
}

const KEY = "rpc-worker.window";

const NAMES: unique symbol = Symbol.for("rpc-worker.windows");

const page = globalThis as Page;

/** The names that channels of this page have taken for their windows. */
function taken(): Names {
  return (page[NAMES] ??= new Set());
}

/**
 * Makes a name the channel's own: of two with one name, the worker would take each hello for a
 * reload and end the other's session. Counted, so that a page that opens the same channels in the
 * same order has the same names again.
 */
function claim(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  let own = name;
  for (let count = 2; taken().has(own); count++) own = `${name}#${count}`;
  taken().add(own);
  return own;
}

/**
 * What names this window across reloads; undefined where there is no sessionStorage.
 *
 * Browsers copy sessionStorage into a tab that is duplicated or opened by a page. So the name lies
 * there from the page's end to the next one's beginning only, and a copy finds none. (A page that
 * comes back from the browser's cache takes it out again.)
 */
function storedName(): string | undefined {
  const names = taken();
  try {
    const { sessionStorage: storage } = page;
    if (storage && page.addEventListener && !names.stored) {
      const name = storage.getItem(KEY) ?? randomName();
      const takeOut = (): void => storage.removeItem(KEY);
      takeOut();
      page.addEventListener("pagehide", () => storage.setItem(KEY, name));
      page.addEventListener("pageshow", takeOut);
      names.stored = name;
    }
  } catch {
    // A sandboxed page may not even look at it.
  }
  return names.stored;
}
