/** The role of an argument or a result that is a value, and converted. */

import type { Codec, Way } from "./codecs.js";
import { RpcError, UNENCODABLE_RESULT, toError } from "./errors.js";
import { begin } from "./roles.js";
import type { ResultRole } from "./roles.js";

export function value(codec: Codec): ResultRole {
  return {
    begin,
    offer: (given) => codec.encode(given),
    take: (wire) => codec.decode(wire),
    open: async (send, _link, { method }) =>
      converted(`${method}: the answer`, codec, "decode", await send()),
    answer: (result, _link, { method }) => encodedAnswer(`${method}'s result`, codec, result),
  };
}

/** Converts a value, which the message of a failure calls `what`. */
export function converted(what: string, codec: Codec, way: Way, value: unknown): unknown {
  try {
    return codec[way](value);
  } catch (thrown) {
    throw new TypeError(`${what}: ${toError(thrown).message}`);
  }
}

/** The same for what answers the worker; throws what answers instead. */
export function encodedAnswer(what: string, codec: Codec, value: unknown): unknown {
  try {
    return converted(what, codec, "encode", value);
  } catch (thrown) {
    throw new RpcError(UNENCODABLE_RESULT, toError(thrown).message);
  }
}
