/** What `declared.js` makes. */

import type { Codec } from "./codecs.js";
import type { RpcError } from "./errors.js";

/** The class of an error that a contract declares; each is generated with the type of its data. */
export interface ErrorClass {
  readonly name: string;
  readonly code: number;
  new (data: never, message?: string): RpcError;
}

/**
 * The errors that a method declares, each with how its data is converted, if it is. No tuples: in the
 * descriptor of a method called `valueOf`, TypeScript would see lists, by the type of Object's own.
 */
export type Raises = readonly (readonly (ErrorClass | Codec)[])[];

/** One of those classes, with what the runtime alone uses. */
export interface Declared extends ErrorClass {
  /**
   * Has the error of an answer be an instance of the class among `raises` that has its code, with its
   * data decoded. Where the data does not fit, it stays what it is, and says so.
   */
  answered(answer: Promise<unknown>, raises: Raises): Promise<unknown>;
  /**
   * What answers where `thrown` was: if it is one of `raises`, the same with its data encoded. Data
   * that cannot be encoded is left out, and `report` is told of it.
   */
  answering(thrown: unknown, raises: Raises, report: (error: Error) => void): unknown;
}

/** Makes the class of one error, with the message that it has if none is given. */
export declare function declared(
  name: string,
  code: number,
  brand: string,
  message: string,
): Declared;
