/**
 * Calls that go together, as one JSON-RPC batch (protocol, section 2).
 *
 * Who makes none need not hold this: to the channel, a batch is what gives a line for several calls.
 */

import type { Call, Together } from "./calls.js";
import type { Channel } from "./channel.js";
import { linkOf } from "./link.js";
import { asObject } from "./messages.js";

const MIB = 1024 * 1024;

/** Sends the calls that are made before `calls` returns as one JSON-RPC batch, if it is not too large. */
export function batch<T>(channel: Channel, calls: () => T): T {
  const link = linkOf(channel);
  const { submit } = link;
  const made: Call[] = [];
  link.submit = (more): void => void made.push(...more);
  try {
    return calls();
  } finally {
    link.submit = submit;
    const together = new Batch(made);
    for (const call of made) call.together = together;
    link.submit(made);
  }
}

class Batch implements Together {
  readonly calls: readonly Call[];

  constructor(calls: readonly Call[]) {
    this.calls = calls;
  }

  line(limits: unknown): string | undefined {
    const waiting = this.calls.filter(({ request }) => request);
    const requests = waiting.map(({ request }) => request);
    if (fits(requests, limits)) {
      for (const call of waiting) call.request = "";
      return `[${requests.join(",")}]`;
    }
    // Each goes by itself, and so does its answer.
    for (const call of waiting) call.together = undefined;
    return undefined;
  }
}

/**
 * Whether the worker takes a batch. It refuses too large a one as a whole and cannot name its calls, so
 * that none would be answered.
 */
export function fits(requests: readonly string[], limits: unknown): boolean {
  const { batchEntries, messageBytes } = asObject(limits);
  // Not by joining them: text has a longest length, which depends on the engine.
  const length = requests.reduce((sum, request) => sum + request.length + 1, 1);
  // A UTF-16 unit is at most three bytes.
  const isTooLong = length * 3 > Math.min(limit(messageBytes, 64 * MIB), 512 * MIB);
  return requests.length <= limit(batchEntries, 10_000) && !isTooLong;
}

/** What a worker does not tell is the default (protocol, section 9). */
function limit(told: unknown, byDefault: number): number {
  return typeof told === "number" ? told : byDefault;
}
