/**
 * One line ↔ one JSON-RPC message, or a batch of them (protocol, section 2).
 *
 * What comes in is checked here, once; nothing past this module looks at unchecked JSON. Nothing here
 * knows of sessions or of what a method means.
 */

import { INTERNAL_ERROR, MESSAGE_TOO_LARGE, METHOD_NOT_FOUND, asText, toError } from "./errors.js";
import { refuseUnheld } from "./values.js";

/** By position or by name. */
export type Params = readonly unknown[] | { readonly [name: string]: unknown };

export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

export interface Request {
  readonly id: unknown;
  readonly method: string;
  readonly params?: unknown;
  readonly timeoutMs?: unknown;
}

export interface Notification {
  /** Whom it is for; absent if it is for all. */
  readonly session?: unknown;
  readonly method: string;
  readonly params?: unknown;
}

export type Answer =
  | { readonly id: unknown; readonly result: unknown }
  | { readonly id: unknown; readonly error: ErrorObject };

/** A message from the worker. */
export type Message = Request | Notification | Answer;

export function isRequest(message: Message): message is Request {
  return "method" in message && "id" in message;
}

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
  return entries
    .map(asObject)
    .filter(({ jsonrpc }) => jsonrpc === "2.0")
    .map(toMessage);
}

function toMessage(entry: Json): Message {
  const { id, method, result, error } = entry;
  if (typeof method === "string") return entry as Json & { readonly method: string };
  if ("result" in entry && !error) return { id, result };
  const { code, message, data } = asObject(error);
  return {
    id,
    error:
      typeof code === "number"
        ? { code, message: asText(message), data }
        : // An answer that is neither must still settle its call.
          { code: INTERNAL_ERROR, message: "Not an answer", data: entry },
  };
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
  return encodeCall({ jsonrpc: "2.0", id, method, params, timeoutMs });
}

/** Writes a notification of a session's. Throws as `encodeRequest` does. */
export function encodeNotification(session: string, method: string, params: Params): string {
  return encodeCall({ jsonrpc: "2.0", session, method, params });
}

function encodeCall(message: Notification & { readonly [member: string]: unknown }): string {
  return encode(message.method, message, message.params, " in its arguments");
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

/** Writes the answer to a request that nobody here serves; or, of which only the id could be read. */
export function encodeNotServed(id: unknown, method?: string): string {
  const error: ErrorObject = method
    ? { code: METHOD_NOT_FOUND, message: `Method not found: this page does not expose '${method}'` }
    : { code: MESSAGE_TOO_LARGE, message: "Too large" };
  return JSON.stringify({ jsonrpc: "2.0", id, error });
}

/** Takes the answers to a batch and sends them as one when all are there. */
export function joined(count: number, send: (line: string) => void): (line: string) => void {
  const lines: string[] = [];
  return (line) => {
    if (lines.push(line) === count) send(`[${lines.join(",")}]`);
  };
}

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
