/**
 * What the worker's answer to hello tells a client: which worker it is, how much it takes, and which
 * contract it serves (protocol, sections 3 and 9).
 */

import { asObject } from "./messages.js";

export interface Greeting {
  /** Random for each worker process. */
  readonly instance: unknown;
  /** What it is called; not always as its contract is. */
  readonly name: unknown;
  readonly contract: unknown;
  readonly batchEntries: number;
  readonly messageBytes: number;
  readonly responseBytes: number;
}

const MIB = 1024 * 1024;

/** What a client says of the contract that it was generated from. */
export interface ExpectedContract {
  readonly name: string;
  /** The digest; several of what is offered to several workers. */
  readonly contract: string | readonly string[];
  /** The command that generates the client again. */
  readonly regenerate: string;
}

export function readGreeting(answer: unknown): Greeting {
  const { instance, name, contract, limits } = asObject(answer);
  const { batchEntries, messageBytes, responseBytes } = asObject(limits);
  // Those that a worker does not tell are the defaults (protocol, section 9).
  return {
    instance,
    name,
    contract,
    batchEntries: limit(batchEntries, 10_000),
    messageBytes: limit(messageBytes, 64 * MIB),
    responseBytes: limit(responseBytes, 64 * MIB),
  };
}

function limit(value: unknown, byDefault: number): number {
  return typeof value === "number" ? value : byDefault;
}

/** What the page's parts expect to be served, and what was said of it. */
export class Contracts {
  readonly #expected = new Set<ExpectedContract>();
  readonly #said = new Set<string>();

  expect(contract: ExpectedContract): void {
    this.#expected.add(contract);
  }

  /**
   * What has not been said yet: once of each digest, since one covers the backend's contract and the
   * frontend's. A digest has no order: which side is the older one, nobody can tell, nor whether it
   * is of the same contract at all.
   */
  mismatches({ name: worker, contract: served }: Greeting): Error[] {
    const mismatches = [];
    for (const { name, contract, regenerate } of this.#expected) {
      const digests = [contract].flat();
      if (typeof served !== "string" || digests.includes(served)) continue;
      const pairs = digests.map((digest) => `${digest}, ${served}`);
      const wasSaid = pairs.some((pair) => this.#said.has(pair));
      for (const pair of pairs) this.#said.add(pair);
      if (wasSaid) continue;
      const who = typeof worker === "string" ? `the worker ${worker}` : "the worker";
      const own = digests.join(" or ");
      const message = `${name}: ${who} serves the contract ${served}, this client is made from ${own}. Either this is the wrong worker, or make the client again: ${regenerate}`;
      mismatches.push(new Error(message));
    }
    return mismatches;
  }
}

/**
 * The lines of a batch: one, as a rule. The worker refuses too large a batch as a whole and cannot
 * name its calls, so that none would be answered: such a batch is sent singly.
 */
export function batchLines(
  requests: readonly string[],
  { batchEntries, messageBytes }: Greeting,
): readonly string[] {
  // Not by joining them: text has a longest length, which depends on the engine.
  const length = requests.reduce((sum, request) => sum + request.length + 1, 1);
  // A UTF-16 unit is at most three bytes.
  const isTooLong = length * 3 > Math.min(messageBytes, 512 * MIB);
  return requests.length > batchEntries || isTooLong ? requests : [`[${requests.join(",")}]`];
}
