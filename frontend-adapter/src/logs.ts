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

/** The record, if its level is the one asked for or a more severe one: others may have asked for less. */
export function readRecord(params: unknown, asked: LogLevel | undefined): LogRecord | undefined {
  const level = LEVELS.indexOf(asObject(params)["level"] as LogLevel);
  return asked && level >= LEVELS.indexOf(asked) ? (params as LogRecord) : undefined;
}
