/** The worker's log records, as `$/log` brings them (protocol, section 8). */

import { asObject } from "./messages.js";

/** The levels of RFC 5424 by name, from the least to the most severe. */
const LEVELS = [
  "debug",
  "info",
  "notice",
  "warning",
  "error",
  "critical",
  "alert",
  "emergency",
] as const;

export type LogLevel = (typeof LEVELS)[number];

export interface LogRecord {
  readonly level: LogLevel;
  readonly logger: string;
  readonly message: string;
  /** Where text came from that is no record: `stdout`, when something printed. */
  readonly stream?: string;
}

/** Gives `take` the records of the level asked for and of those above it: others may ask for less. */
export function logging(
  asked: LogLevel | undefined,
  take: (record: LogRecord) => void,
): (params: unknown) => void {
  const least = asked ? LEVELS.indexOf(asked) : LEVELS.length;
  return (params) => {
    if (LEVELS.indexOf(asObject(params)["level"] as LogLevel) >= least) take(params as LogRecord);
  };
}
