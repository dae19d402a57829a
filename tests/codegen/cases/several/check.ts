import { type _2D, _2DContract } from "./2-d.js";
import { __, type _ } from "./__.js";
import { con } from "./con-contract.js";
import { deleteContract, type Delete, type Version } from "./delete.js";
import { type HTTPBackend, httpBackend } from "./http-backend.js";
import type { Descriptor } from "./runtime/index.js";

export const descriptors: Descriptor<unknown>[] = [con, deleteContract, httpBackend];
export const flat: Descriptor<_2D> = _2DContract;
export const nameless: Descriptor<_> = __;

export async function check(one: Delete, other: HTTPBackend): Promise<void> {
  const version: Version = await other.version();
  // @ts-expect-error: there is no such method
  await one.delete();
  // @ts-expect-error: a version is no number
  const major: number = await one.version();
  // @ts-expect-error: a constant is no client
  await httpBackend.version();
  console.log(version.major, major);
}
