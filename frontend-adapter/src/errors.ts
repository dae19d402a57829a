/**
 * What a call can fail with.
 *
 * `RpcError`: the worker answered with an error. `SessionEnded`: the answer is lost, the channel
 * goes on. `ChannelClosed`: the connection or the worker is gone. `WorkerStartError`: the worker
 * never got there.
 */

import type { Declared, Raises } from "./declared.js";
import type { CloseReason } from "./transport.js";

/** The codes that the worker's runtime itself answers with (protocol, section 10). */
export const ErrorCode = {
  parseError: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internalError: -32603,
  /** An application's error without a code of its own. */
  applicationError: -32000,
  unknownToken: -32001,
  sessionEnded: -32002,
  unencodableResult: -32003,
  messageTooLarge: -32007,
  responseTooLarge: -32008,
  busy: -32009,
  batchTooLarge: -32010,
  deadlineExceeded: -32050,
  cancelled: -32800,
  shuttingDown: -32802,
} as const;

// Those that the client acts on, by themselves: a bundle need not hold the table.
export const SESSION_ENDED: typeof ErrorCode.sessionEnded = -32002;
export const UNENCODABLE_RESULT: typeof ErrorCode.unencodableResult = -32003;
export const DEADLINE_EXCEEDED: typeof ErrorCode.deadlineExceeded = -32050;
export const CANCELLED: typeof ErrorCode.cancelled = -32800;
export const PARSE_ERROR: typeof ErrorCode.parseError = -32700;
export const INVALID_REQUEST: typeof ErrorCode.invalidRequest = -32600;
export const METHOD_NOT_FOUND: typeof ErrorCode.methodNotFound = -32601;
export const MESSAGE_TOO_LARGE: typeof ErrorCode.messageTooLarge = -32007;
export const INVALID_PARAMS: typeof ErrorCode.invalidParams = -32602;
export const INTERNAL_ERROR: typeof ErrorCode.internalError = -32603;
export const RESPONSE_TOO_LARGE: typeof ErrorCode.responseTooLarge = -32008;
export const UNKNOWN_TOKEN: typeof ErrorCode.unknownToken = -32001;

/**
 * `instanceof` also holds for what another copy of this runtime made: an app may hold two (two
 * bundles, two generated folders). A user's subclass has no brand and keeps the ordinary test.
 */
class Branded extends Error {
  /** Set below. That it cannot be called keeps editors from leading here from an `instanceof`. */
  declare static readonly [Symbol.hasInstance]: never;
}

Object.defineProperty(Branded, Symbol.hasInstance, {
  value(this: typeof Branded, value: unknown): boolean {
    const brand = brandOf(this.prototype.name);
    return (this.prototype as Prototype)[brand] === this
      ? brand in Object(value)
      : Function.prototype[Symbol.hasInstance].call(this, value);
  },
});

type Prototype = Error & { readonly [brand: symbol]: unknown };

function brandOf(name: string): symbol {
  return Symbol.for(`rpc-worker.${name}`);
}

/** Puts the name and the brand on the prototype: neither shows among an error's own properties. */
function brand(error: { prototype: Error }, name: string): void {
  const own = { value: name, configurable: true, writable: true }; // A subclass may have its own.
  Object.defineProperties(error.prototype, { name: own, [brandOf(name)]: { value: error } });
}

/** The worker answered a call with an error. */
export class RpcError extends Branded {
  /** One of `ErrorCode`, or an application's own code, outside -32768…-32000. */
  readonly code: number;
  /** What the error carries: for a declared error its fields, for invalid params what was expected. */
  readonly data: unknown;

  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/**
 * The worker forgot this page's session, or a new worker took its place, before it answered. Whether
 * the call was carried out is unknown; the channel goes on, and a call can be made again.
 */
export class SessionEnded extends Branded {}

/**
 * The connection to the worker is closed, or the worker has exited, or what was written did not get
 * through. Whether the call was carried out is unknown. `Channel.closed` tells whether it is for good.
 */
export class ChannelClosed extends Branded {
  /** Why, as the transport knows it. */
  readonly reason: CloseReason;

  constructor(reason: CloseReason) {
    super(describe(reason));
    this.reason = reason;
  }
}

/** The worker could not start and said why, with `$/fatal` (protocol, section 4). */
export class WorkerStartError extends Branded {
  /** The list of misfits, or the exception's type. */
  readonly details: unknown;

  constructor(message: string, details?: unknown) {
    super(message);
    this.details = details;
  }
}

brand(RpcError, "RpcError");
brand(SessionEnded, "SessionEnded");
brand(ChannelClosed, "ChannelClosed");
brand(WorkerStartError, "WorkerStartError");

function describe({ message, exitCode, signal, stderr }: CloseReason): string {
  const how =
    typeof exitCode === "number" ? ` (exit code ${exitCode})` : signal ? ` (${signal})` : "";
  return message + how + (stderr ? `. The last lines of its stderr:\n${stderr}` : "");
}

const ANSWERED: unique symbol = Symbol.for("rpc-worker.answered");

/** What the peer's answer makes a call fail with: marked, for its code is not the page's own. */
export function answered(code: number, message: string, data?: unknown): RpcError {
  return Object.defineProperty(new RpcError(code, message, data), ANSWERED, {});
}

/** What a method answers: an error that it raises is an instance of its class. */
export function raising(raises: Raises | undefined, answer: Promise<unknown>): Promise<unknown> {
  // Each of them can do it for all: so only who has one holds what that takes.
  const one = raises?.[0]?.[0] as Declared | undefined;
  return one?.answered(answer, raises as Raises) ?? answer;
}

/** Whether the page made the error, so that its code and data are meant for whoever called. */
export function isOwn(thrown: unknown): thrown is RpcError {
  return thrown instanceof RpcError && !(ANSWERED in thrown);
}

/** What was thrown, as an Error: whatever can be thrown need not be one. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(asText(thrown));
}

/** A text, whatever it is: some objects cannot be made one. */
export function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
