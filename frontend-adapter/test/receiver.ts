/** What a channel would give to its transport, for tests that are in its place. */

import { expect } from "vitest";
import type { Receiver } from "../src/transport.js";

/** Takes what a test expects; all else fails it. */
export function receiver(expected: Partial<Receiver>): Receiver {
  const unexpected = (): never => expect.unreachable();
  return {
    chunk: unexpected,
    dropped: unexpected,
    exited: unexpected,
    started: unexpected,
    sessionEnded: unexpected,
    closed: unexpected,
    ...expected,
  };
}
