/** What the generator writes of errors, as it writes it: the classes are in `photos.types.js`. */

import type { RpcError } from "../../src/index.js";

export declare class NotFound extends RpcError {
  static readonly code: 4004;
  readonly code: 4004;
  readonly data: NotFoundData;
  constructor(data: NotFoundData, message?: string);
}

export interface NotFoundData {
  path: string;
}

export declare class Locked extends RpcError {
  static readonly code: 4005;
  readonly code: 4005;
  readonly data: LockedData;
  constructor(data: LockedData, message?: string);
}

export interface LockedData {
  since: Date;
}

export declare class Full extends RpcError {
  static readonly code: 4006;
  readonly code: 4006;
  readonly data: undefined;
  constructor(data?: undefined, message?: string);
}
