import type { Containers } from "./containers.js";

export async function check(client: Containers): Promise<void> {
  const [label, count, flags] = await client.point([1, 2]);
  await client.bySide({});
  const sides = await client.bySide({ left: 1 });
  const name: string | undefined = (await client.byNumber({ 1: "one" }))["a"];
  // @ts-expect-error: a pair has two
  await client.point([1]);
  // @ts-expect-error: there is no such key
  await client.bySide({ up: 1 });
  // @ts-expect-error: not every key need be there
  const x: number = sides.x;
  // @ts-expect-error: an empty tuple has nothing
  const first = (await client.empty())[0];
  console.log(label.length, count?.toFixed(), flags.length, name, x, first);
}
