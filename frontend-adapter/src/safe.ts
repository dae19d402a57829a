/**
 * Calls that know what they fail with, and `safe`, which returns it instead of throwing it.
 */

import type { ChannelClosed, RpcError, SessionEnded, WorkerStartError } from "./errors.js";
import { asText } from "./errors.js";
import { tag } from "./values.js";

declare const ERRORS: unique symbol;

/** A promise that knows the errors which its method declares. */
export interface Call<T, E = never> extends Promise<T> {
  /** Never there: it carries `E` to the type checker. */
  readonly [ERRORS]?: E;
}

/** What any call can fail with, beside the errors that its method declares. */
export type CallError =
  | RpcError
  | SessionEnded
  | ChannelClosed
  | WorkerStartError
  | DOMException
  | Thrown
  | TypeError
  | Error;

/** What was thrown and is no error: the reason of an abort can be anything. */
export class Thrown extends Error {
  readonly value: unknown;

  constructor(value: unknown) {
    super(asText(value));
    this.name = "Thrown";
    this.value = value;
  }
}

/** Waits for a call, and returns its error or its value; never rejects. */
export async function safe<T, E = never>(
  call: PromiseLike<T> & Pick<Call<T, E>, typeof ERRORS>,
): Promise<[error: null, value: T] | [error: E | CallError, value: undefined]> {
  try {
    return [null, await call];
  } catch (thrown) {
    return [isError(thrown) ? thrown : new Thrown(thrown), undefined];
  }
}

/** Another window's too. */
function isError(thrown: unknown): thrown is Error {
  return thrown instanceof Error || ["Error", "DOMException"].includes(tag(thrown));
}
