/**
 * Our calls, until they are lines: how they are made, collected into batches, and given up.
 *
 * When they can be sent is the channel's business, and so is what an answer means.
 */

import { Call, CallTable, refuseLimits } from "./calls.js";
import type { Submission } from "./calls.js";
import { toError } from "./errors.js";
import { batchLines } from "./greeting.js";
import type { Greeting } from "./greeting.js";
import type { RequestOptions } from "./link.js";
import { encodeRequest } from "./messages.js";
import type { Params } from "./messages.js";
import type { Session } from "./session.js";

interface Handlers {
  /** Takes calls that are to be sent. */
  readonly submit: (submission: Submission) => void;
  /** Is told the id of a call that was sent and for whose answer nobody waits any more. */
  readonly cancel: (id: string) => void;
}

export class Outgoing extends CallTable {
  readonly #session: Session;
  readonly #handlers: Handlers;
  /** The batch that is being collected. */
  #batch: Call[] | undefined;

  constructor(session: Session, handlers: Handlers) {
    super();
    this.#session = session;
    this.#handlers = handlers;
  }

  request(method: string, params?: Params, options: RequestOptions = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      try {
        const { signal, timeoutMs, scope } = options;
        if (signal?.aborted) throw signal.reason;
        refuseLimits(method, options);
        const id = this.#session.nextId();
        // Encoded now, even if it is sent later: what the caller changes afterwards is not meant.
        const request = encodeRequest(id, method, params, timeoutMs);
        const call = new Call(id, request, { resolve, reject }, scope);
        if (signal || timeoutMs !== undefined)
          call.watch(options, (reason) => this.#giveUp(call, reason));
        if (this.#batch) this.#batch.push(call);
        else this.#handlers.submit({ calls: [call], isBatch: false });
      } catch (thrown) {
        options.scope?.end(toError(thrown));
        reject(thrown);
      }
    });
  }

  /** Has the calls that are made before `calls` returns sent as one batch. */
  batch<T>(calls: () => T): T {
    if (this.#batch) return calls();
    const batch: Call[] = (this.#batch = []);
    try {
      return calls();
    } finally {
      this.#batch = undefined;
      this.#handlers.submit({ calls: batch, isBatch: true });
    }
  }

  /** The lines to send, which are noted as sent; none for what was given up meanwhile. */
  linesOf({ calls, isBatch }: Submission, greeting: Greeting | undefined): readonly string[] {
    const unsettled = calls.filter((call) => !call.isSettled);
    if (unsettled.length === 0) return [];
    const requests = unsettled.map((call) => call.request);
    const lines = isBatch && greeting ? batchLines(requests, greeting) : requests;
    lines.forEach((_line, index) =>
      this.markSent(lines.length === 1 ? unsettled : unsettled.slice(index, index + 1)),
    );
    return lines;
  }

  /** Rejects a call and those that were sent in the same line; returns whether there is one. */
  rejectTogether(id: string | undefined, error: Error): boolean {
    const first = this.take(id);
    first?.reject(error);
    for (const { id } of first?.together ?? []) this.take(id)?.reject(error);
    return first !== undefined;
  }

  /** The caller waits no more; what was not sent never will be. */
  #giveUp(call: Call, reason: unknown): void {
    call.reject(reason);
    if (call.isSent) this.#handlers.cancel(call.id);
  }
}
