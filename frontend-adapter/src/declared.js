/**
 * The classes of errors that a contract declares.
 *
 * In JavaScript, and without an import: the generated `*.types.js` import it, and where a `.js` names
 * another one, bundlers look for no `.ts`. So it knows `RpcError` by its brand only.
 */

const RPC_ERROR = Symbol.for("rpc-worker.RpcError");

/** Marks what a peer answered, as in `errors.ts`. */
const ANSWERED = Symbol.for("rpc-worker.answered");

/**
 * Makes the class of one error. `brand` is what it is called in all copies of what is generated: an
 * app may hold two, and `instanceof` holds for the other one's too.
 */
export function declared(name, code, brand, message) {
  const own = Symbol.for(`rpc-worker.${brand}`);

  class Declared extends Error {
    constructor(data, text = message) {
      super(text);
      this.code = code;
      this.data = data;
    }

    static [Symbol.hasInstance](value) {
      // A user's subclass keeps the ordinary test.
      return this === Declared ? own in Object(value) : super[Symbol.hasInstance](value);
    }

    static answered(answer, raises) {
      return answer.catch((thrown) => {
        throw ANSWERED in Object(thrown) ? ofAnswer(raises, thrown) : thrown;
      });
    }

    static answering(thrown, raises, report) {
      return forAnswer(raises, thrown, report);
    }
  }

  // On the prototype: neither shows among an error's own properties.
  const called = { value: name, configurable: true, writable: true };
  Object.defineProperties(Declared, { name: called, code: { value: code } });
  Object.defineProperties(Declared.prototype, { name: called, [RPC_ERROR]: {}, [own]: {} });
  return Declared;
}

function ofAnswer(raises, error) {
  const [type, codec] = raises.find(([{ code }]) => code === error.code) ?? [];
  if (!type || error instanceof type) return error;
  try {
    const data = codec ? codec.decode(error.data) : error.data;
    return Object.defineProperty(new type(data, error.message), ANSWERED, {});
  } catch (thrown) {
    const what = `${error.code} is declared as ${type.name}, but its data does not fit`;
    error.message += ` (${what}: ${thrown.message})`;
    return error;
  }
}

function forAnswer(raises, error, report) {
  const [type, codec] = raises.find(([type]) => error instanceof type) ?? [];
  if (!codec || ANSWERED in error) return error;
  let data;
  try {
    data = codec.encode(error.data);
  } catch (thrown) {
    // Without it, as where JSON cannot hold it: the code tells enough.
    report(new TypeError(`The data of ${type.name}: ${thrown.message}`));
  }
  return new type(data, error.message);
}
