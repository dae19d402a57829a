import type { Keys, PhotoId } from "./keys.js";

export async function check(client: Keys, id: PhotoId): Promise<void> {
  const sizes: number[] | undefined = (await client.strings({ a: 1 }))["a"];
  const taken: Date | undefined = (await client.names({ [id]: { taken: new Date() } }))[id]?.taken;
  await client.integers({ 1: "one", 2: "two" });
  const day: string | undefined = (await client.texts({ anything: "a" }))["2026-01-31"];
  const width: number | undefined = (await client.members({ left: 1 }))[2];
  await client.literals({ x: 1 });
  // @ts-expect-error: not every key is there
  const left: number = (await client.members({}))[1];
  // @ts-expect-error: there is no such member
  await client.members({ up: 1 });
  // @ts-expect-error: nor such a literal
  await client.literals({ z: 1 });
  // @ts-expect-error: the keys are numbers
  await client.integers({ one: "one" });
  // @ts-expect-error: JSON has no maps
  await client.strings(new Map([["a", 1]]));
  console.log(sizes, taken, day, width, left);
}
