/**
 * One stream of the worker's, from its first pull to its end: what is asked for, when it is over,
 * and why.
 *
 * Between two pulls the channel knows nothing of it, so that one that is dropped is held by nobody.
 */

import { watch } from "./calls.js";
import type { Raises } from "./declared.js";
import { raising } from "./errors.js";
import { Scope, nothing } from "./link.js";
import type { CallOptions, Link } from "./link.js";
import { asObject } from "./messages.js";
import { Mismatch } from "./mismatch.js";
import { perLink } from "./roles.js";
import type { Send } from "./roles.js";

/** What stands in a stream's place, or answers a `next`. */
interface Form {
  /** Undefined if the values are all there is. */
  readonly token: unknown;
  readonly values: unknown[];
  readonly finished: boolean;
}

/** Throws a `Mismatch` for what cannot stand in a stream's place. */
export function readForm(wire: unknown): Form {
  const { token, values, finished } = asObject(wire);
  const items = values ?? [];
  const isToken = ["string", "number", "undefined"].includes(typeof (token ?? undefined));
  if (typeof wire === "object" && wire && Array.isArray(items) && isToken) {
    return { token: token ?? undefined, values: items as unknown[], finished: finished === true };
  }
  throw new Mismatch("a stream's token or its values", wire);
}

/** A session, as long as it is not lost. */
interface Life {
  lost?: Error;
}

/** The session of each channel, kept here: a stream that waits for a pull is known to nobody. */
const sessions: (link: Link) => { current: Life } = /* @__PURE__ */ perLink((link) => {
  const session: { current: Life } = { current: {} };
  link.onLost((reason) => {
    session.current.lost = reason;
    session.current = {};
  });
  return session;
});

export class Pull {
  readonly #link: Link;
  readonly #send: Send;
  readonly #limits: CallOptions;
  readonly #raises: Raises | undefined;
  readonly #scope: Scope = new Scope();
  #state: "new" | "opening" | "open" | "over" = "new";
  #token: unknown;
  /** The session that the token belongs to. */
  #life: Life | undefined;
  /** Why the stream ended, if not by itself. */
  #failure: { readonly reason: unknown } | undefined;
  /** Ends the wait for what was asked for last. */
  #interrupt: () => void = nothing;
  /** Cancels the call while its answer is on its way. */
  #cancel: (reason: unknown) => void = nothing;
  #release: () => void = nothing;

  constructor(link: Link, send: Send, limits: CallOptions = {}, raises?: Raises) {
    this.#link = link;
    this.#send = send;
    this.#limits = limits;
    this.#raises = raises;
  }

  /** The next items, one at least; undefined at the end. One caller at a time. */
  async batch(): Promise<unknown[] | undefined> {
    while (this.#state !== "over") {
      const values = await this.#ask();
      if (values && values.length > 0) return values;
    }
    this.refuseIfStopped();
    return undefined;
  }

  refuseIfStopped(): void {
    if (this.#failure) throw this.#failure.reason;
  }

  /** Ends the stream before its last item: the caller left, or is to wait no longer. */
  stop(failure?: { readonly reason: unknown }): void {
    if (this.#state === "open" && !this.#life?.lost) this.#abort(this.#token);
    this.#end(failure);
    this.#cancel(failure?.reason);
  }

  /** Ends the stream without a word to the worker, for which it has ended. */
  lose(reason: Error): void {
    this.#end({ reason });
  }

  #ask(): Promise<unknown[] | undefined> {
    return new Promise((resolve) => {
      this.#interrupt = (): void => resolve(undefined);
      this.#request()
        .then(
          (wire) => resolve(this.#take(wire)),
          (reason: unknown) => this.#end({ reason }),
        )
        // What cannot be read ends the stream here only: the worker does not know.
        .catch((reason: unknown) => this.stop({ reason }));
    });
  }

  #request(): Promise<unknown> {
    if (this.#state === "new") return this.#open();
    if (this.#life?.lost) return Promise.reject(this.#life.lost);
    const answer = this.#link.call("$/enumerator/next", { token: this.#token });
    return raising(this.#raises, answer);
  }

  #open(): Promise<unknown> {
    const { signal, timeoutMs } = this.#limits;
    if (signal?.aborted) return Promise.reject(signal.reason);
    this.#state = "opening";
    // Not only when the answer is taken: what comes with it may be the news that its session is lost.
    this.#life = sessions(this.#link).current;
    const opening = new AbortController();
    this.#cancel = (reason): void => opening.abort(reason);
    const unhold = this.#scope.hold();
    const unwatch = watch(this.#limits, (reason) => this.stop({ reason }));
    this.#release = (): void => (unwatch(), unhold());
    return this.#send({ signal: opening.signal, timeoutMs, scope: this.#scope });
  }

  #abort(token: unknown): void {
    this.#link.notify("$/enumerator/abort", { token });
  }

  #take(wire: unknown): unknown[] | undefined {
    const { token, values, finished } = readForm(wire);
    if (this.#state === "over") {
      // The call was answered when its caller left, too late to be cancelled.
      if (token !== undefined) this.#abort(token);
      return undefined;
    }
    this.#interrupt = nothing; // The end that came with the last values does not take them away.
    const isFirst = this.#state === "opening";
    if (isFirst) {
      this.#state = "open";
      this.#token = token;
      this.#cancel = nothing;
    }
    if (isFirst ? token === undefined : finished) this.#end();
    return values;
  }

  #end(failure?: { readonly reason: unknown }): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#failure = failure;
    this.#release();
    this.#interrupt();
  }
}
