/**
 * What the worker's answer to hello tells a client: which worker it is, how much it takes, and which
 * contract it serves (protocol, sections 3 and 9).
 */

import { asObject } from "./messages.js";

export interface Greeting {
  /** Random for each worker process. */
  readonly instance: unknown;
  readonly contract: unknown;
  readonly batchEntries: number;
  readonly messageBytes: number;
}

/** What a client says of the contract that it was generated from. */
export interface ExpectedContract {
  readonly name: string;
  /** The digest. */
  readonly contract: string;
  /** The command that generates the client again. */
  readonly regenerate: string;
}

export function readGreeting(answer: unknown): Greeting {
  const { instance, contract, limits } = asObject(answer);
  const { batchEntries, messageBytes } = asObject(limits);
  return {
    instance,
    contract,
    batchEntries: limit(batchEntries),
    messageBytes: limit(messageBytes),
  };
}

function limit(value: unknown): number {
  return typeof value === "number" ? value : Infinity;
}

/** A digest has no order: which side is the older one, nobody can tell. */
export function contractMismatch(
  expected: ExpectedContract,
  { contract }: Greeting,
): Error | undefined {
  if (typeof contract !== "string" || contract === expected.contract) return undefined;
  return new Error(
    `${expected.name}: the worker serves the contract ${contract}, this client is made from ${expected.contract}. Make it again: ${expected.regenerate}`,
  );
}

/**
 * The lines of a batch: one, as a rule. The worker refuses too large a batch as a whole and cannot
 * name its calls, so that none would be answered: such a batch is sent singly.
 */
export function batchLines(
  requests: readonly string[],
  { batchEntries, messageBytes }: Greeting,
): readonly string[] {
  const line = `[${requests.join(",")}]`;
  // A UTF-16 unit is at most three bytes.
  return requests.length > batchEntries || line.length * 3 > messageBytes ? requests : [line];
}
