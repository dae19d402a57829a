import type { Constraints, Photo, Told } from "./constraints.js";

export async function check(client: Constraints, photo: Photo): Promise<void> {
  const size: number = await client.resize({ width: 1 }, 100, 0.5, { height: 50 });
  await client.resize({ width: 1, tags: ["a"], code: "BB-`2`", parent: null }, 100);
  const told: Told = await client.told();
  const zoned: Date | null = told.zoned;
  // @ts-expect-error: a bound does not make a number a text
  await client.resize({ width: "1" }, 100);
  // @ts-expect-error: what is bounded may be null only where it says so
  await client.resize({ width: 1, quality: null }, 100);
  // @ts-expect-error: the height has a name
  await client.resize({ width: 1 }, 100, 0.5, 50);
  console.log(size, zoned, photo);
}
