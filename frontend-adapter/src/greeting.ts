/**
 * What the worker's answer to hello tells a client: which worker it is, how much it takes, and which
 * contract it serves (protocol, sections 3 and 9).
 */

/** As it came: what a worker does not tell is missing. */
export interface Greeting {
  /** Random for each worker process. */
  readonly instance?: unknown;
  /** What it is called; not always as its contract is. */
  readonly name?: unknown;
  readonly contract?: unknown;
  readonly limits?: unknown;
}

/** What a client says of the contract that it was generated from. */
export interface ExpectedContract {
  readonly name: string;
  /** The digest; several of what is offered to several workers. */
  readonly contract: string | readonly string[];
  /** The command that generates the client again. */
  readonly regenerate: string;
}

/** What the page's parts expect to be served, and what was said of it. */
export class Contracts extends Set<ExpectedContract> {
  readonly #said = new Set<string>();

  /**
   * Reports what has not been said yet: once of each digest, since one covers the backend's contract
   * and the frontend's. A digest has no order: which side is the older one, nobody can tell, nor
   * whether it is of the same contract at all.
   */
  compare({ name: worker, contract: served }: Greeting, report: (error: Error) => void): void {
    for (const { name, contract, regenerate } of this) {
      const own = [contract].flat();
      if (typeof served !== "string" || own.includes(served)) continue;
      const wasSaid = own.some((digest) => this.#said.has(digest + served));
      for (const digest of own) this.#said.add(digest + served);
      const who = typeof worker === "string" ? `the worker ${worker}` : "the worker";
      const message = `${name}: ${who} serves the contract ${served}, this client is made from ${own.join(" or ")}. Either this is the wrong worker, or make the client again: ${regenerate}`;
      if (!wasSaid) report(new Error(message));
    }
  }
}
