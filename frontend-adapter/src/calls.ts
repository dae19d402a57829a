/**
 * The table of calls: who waits to be sent, and who waits for an answer.
 *
 * Each call leaves the table once, settled or taken out to be settled; what an answer means is the
 * channel's business.
 */

export interface Call {
  readonly id: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
  /** The calls that were sent in the same line, this one among them. */
  together: readonly Call[];
}

/** Calls that are sent together, and the request of each. */
export interface Submission {
  readonly calls: readonly Call[];
  readonly requests: readonly string[];
  readonly isBatch: boolean;
}

export class CallTable {
  readonly #sent = new Map<string, Call>();
  #waiting: Submission[] = [];

  wait(submission: Submission): void {
    this.#waiting.push(submission);
  }

  /** Takes out what waits to be sent, in order. */
  takeWaiting(): readonly Submission[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  /** Notes calls that are sent in one line. */
  markSent(calls: readonly Call[]): void {
    for (const call of calls) {
      call.together = calls;
      this.#sent.set(call.id, call);
    }
  }

  /** Takes out the call that was sent with this id, if it still waits for an answer. */
  take(id: unknown): Call | undefined {
    const call = this.#sent.get(id as string); // An id of another type is found by nobody.
    if (call) this.#sent.delete(call.id);
    return call;
  }

  rejectSent(error: Error): void {
    const sent = [...this.#sent.values()];
    this.#sent.clear();
    for (const call of sent) call.reject(error);
  }

  rejectAll(error: Error): void {
    this.rejectSent(error);
    for (const { calls } of this.takeWaiting()) for (const call of calls) call.reject(error);
  }
}
