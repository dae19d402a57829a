/**
 * One line ↔ one JSON-RPC message, or a batch of them (protocol, section 2).
 *
 * What comes in is checked here, once; nothing past this module looks at unchecked JSON. Nothing here
 * knows of sessions or of what a method means.
 */

import { INTERNAL_ERROR, METHOD_NOT_FOUND, asText, toError } from "./errors.js";
import { refuseUnheld } from "./values.js";

/** By position or by name. */
export type Params = readonly unknown[] | { readonly [name: string]: unknown };

export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** A message from the worker; `id` is absent in a notification only. */
export type Message =
  | {
      readonly kind: "request";
      readonly id: unknown;
      readonly method: string;
      readonly params: unknown;
      readonly timeoutMs: unknown;
    }
  | {
      readonly kind: "notification";
      /** Whom it is for; absent if it is for all. */
      readonly session: unknown;
      readonly method: string;
      readonly params: unknown;
    }
  | { readonly kind: "result"; readonly id: unknown; readonly result: unknown }
  | { readonly kind: "error"; readonly id: unknown; readonly error: ErrorObject };

/** An object as JSON has it: every member may be missing. */
export type Json = Readonly<Partial<Record<string, unknown>>>;

export function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

/**
 * Reads the messages of one line. What has no `jsonrpc` is another dialect's and left out.
 *
 * Throws a SyntaxError if the line is not JSON.
 */
export function decode(line: string): Message[] {
  const value: unknown = JSON.parse(line);
  const entries: unknown[] = Array.isArray(value) ? value : [value];
  return entries.map(asObject).filter(isOurs).map(toMessage);
}

function isOurs(entry: Json): boolean {
  return entry["jsonrpc"] === "2.0";
}

function toMessage(entry: Json): Message {
  const { id, session, method, params, timeoutMs, result, error } = entry;
  if (typeof method === "string") {
    return "id" in entry
      ? { kind: "request", id, method, params, timeoutMs }
      : { kind: "notification", session, method, params };
  }
  if ("result" in entry && !error) return { kind: "result", id, result };
  const { code, message, data } = asObject(error);
  const refusal =
    typeof code === "number"
      ? { code, message: asText(message), data }
      : // An answer that is neither must still settle its call.
        { code: INTERNAL_ERROR, message: "The worker's answer is no answer", data: entry };
  return { kind: "error", id, error: refusal };
}

/**
 * Writes a request, `jsonrpc` first, then `id`, `method`, `params` and the rest.
 *
 * Throws a TypeError if JSON cannot hold the params, rather than send something else in their place.
 */
export function encodeRequest(
  id: string,
  method: string,
  params?: Params,
  timeoutMs?: number,
): string {
  return encode(method, { jsonrpc: "2.0", id, method, params, timeoutMs }, params, ARGUMENTS);
}

/** Writes a notification of a session's. Throws as `encodeRequest` does. */
export function encodeNotification(session: string, method: string, params: Params): string {
  return encode(method, { jsonrpc: "2.0", session, method, params }, params, ARGUMENTS);
}

/** Writes a result, which a message calls `what`. Throws as `encodeRequest` does. */
export function encodeResult(what: string, result: unknown = null): string {
  return encode(what, result, result);
}

/** Writes the answer to a request, with a result that is JSON text. */
export function encodedResult(id: unknown, result: string): string {
  return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${result}}`;
}

/** Writes an answer that is an error, without its data if JSON cannot hold them. */
export function encodeError(id: unknown, error: ErrorObject): string {
  const { code, message } = error;
  try {
    return encode(message, { jsonrpc: "2.0", id, error }, error);
  } catch {
    const line = JSON.stringify({ jsonrpc: "2.0", id, error: { code, message } });
    return line.replace(/\\ud[89a-f]../g, "\\ufffd"); // So does JSON write a lone surrogate.
  }
}

/** Writes the answer to a request that nobody here serves. */
export function encodeMethodNotFound(id: unknown, method: string): string {
  const message = `Method not found: this page does not expose '${method}'`;
  return JSON.stringify({ jsonrpc: "2.0", id, error: { code: METHOD_NOT_FOUND, message } });
}

/** Takes the answers to a batch and sends them as one when all are there. */
export function joined(count: number, send: (line: string) => void): (line: string) => void {
  const lines: string[] = [];
  return (line) => {
    if (lines.push(line) === count) send(`[${lines.join(",")}]`);
  };
}

const ARGUMENTS = " in its arguments";

/** Writes what was made of `given`. */
function encode(what: string, made: unknown, given: unknown = null, part?: string): string {
  try {
    const text = JSON.stringify(made) ?? ""; // Of a function, it makes none.
    refuseUnheld(given, text, 1, part);
    return text;
  } catch (thrown) {
    throw new TypeError(`${what}: ${toError(thrown).message}`); // From JSON: a bigint, a cycle.
  }
}
