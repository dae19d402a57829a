/**
 * One client's address among the windows that share a worker (protocol, section 3): its ids, its
 * hello, and which lines are another's.
 */

import type { LogLevel } from "./logs.js";
import { encodeNotification, encodeRequest } from "./messages.js";

/** How an answer, a request or a notification to one session begins (protocol, section 1). */
const ADDRESSED = /^\{"jsonrpc":"2\.0",(?:"id":"([\w-]{1,32}):|"session":"([\w-]{1,32})")/;

/** How an answer begins, or a batch of them. */
const ANSWER = /^\[?\{"jsonrpc":"2\.0","id":"([\w-]{1,32}:\w+)"/;

export class Session {
  readonly #window: string | undefined;
  readonly #log: LogLevel | undefined;
  #name: string = randomName();
  #sequence = 0;

  /** `window` is what names the window across reloads, `log` the level of the logs that it wants. */
  constructor(window: string | undefined, log: LogLevel | undefined) {
    this.#window = claim(window ?? storedName());
    this.#log = log;
  }

  /** Leaves the window's name to others. */
  end(): void {
    if (this.#window !== undefined) taken().delete(this.#window);
  }

  get name(): string {
    return this.#name;
  }

  get helloId(): string {
    return `${this.#name}:0`;
  }

  hello(): string {
    const params = { session: this.#name, window: this.#window, log: this.#log };
    return encodeRequest(this.helloId, "system.hello", params);
  }

  /** The last line of the session. */
  goodbye(): string {
    return encodeNotification(this.#name, "$/endSession", { session: this.#name });
  }

  nextId(): string {
    return `${this.#name}:${++this.#sequence}`;
  }

  /** Whether a request or an answer with this id is for us. */
  owns(id: unknown): boolean {
    return typeof id === "string" && id.startsWith(`${this.#name}:`);
  }

  /** Whether a line is for another session. Told from its first characters: nothing is parsed. */
  isForeign(line: string): boolean {
    const match = ADDRESSED.exec(line);
    return match !== null && (match[1] ?? match[2]) !== this.#name;
  }

  /** Takes another name. */
  renew(): void {
    this.#name = randomName();
  }
}

/** The id of an answer that cannot be parsed, or of the first in a batch, if its beginning has one. */
export function idInHead(line: string): string | undefined {
  return ANSWER.exec(line)?.[1];
}

/** Random enough that two windows never choose the same. It protects nothing. */
function randomName(): string {
  return Math.random().toString(36).slice(2, 12).padEnd(10, "0");
}

const WINDOW_KEY = "rpc-worker.window";

/** What there is of a page outside of one. */
interface Page {
  readonly sessionStorage?: Storage;
  readonly addEventListener?: (type: string, listener: () => void) => void;
}

const TAKEN: unique symbol = Symbol.for("rpc-worker.windows");

/** The windows' names of the channels of this page, those of other copies of this runtime too. */
function taken(): Set<string> {
  return ((globalThis as { [TAKEN]?: Set<string> })[TAKEN] ??= new Set());
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

const STORED: unique symbol = Symbol.for("rpc-worker.window");

/**
 * What names this window across reloads; undefined where there is no sessionStorage.
 *
 * Browsers copy sessionStorage into a tab that is duplicated or opened by a page. So the name lies
 * there from the page's end to the next one's beginning only, and a copy finds none. (A page that
 * comes back from the browser's cache takes it out again.)
 */
function storedName(): string | undefined {
  const page = globalThis as Page & { [STORED]?: string };
  try {
    const { sessionStorage: storage } = page;
    if (!storage || !page.addEventListener || page[STORED]) return page[STORED];
    const name = storage.getItem(WINDOW_KEY) ?? randomName();
    storage.removeItem(WINDOW_KEY);
    page.addEventListener("pagehide", () => storage.setItem(WINDOW_KEY, name));
    page.addEventListener("pageshow", () => storage.removeItem(WINDOW_KEY));
    return (page[STORED] = name);
  } catch {
    return undefined; // A sandboxed page may not even look at it.
  }
}
