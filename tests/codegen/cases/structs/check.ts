import type { Empty, Structs } from "./structs.js";

export async function check(client: Structs): Promise<void> {
  const window = await client.move({ x: 1, y: 2 });
  const title: string | undefined = window.owner?.windowTitle;
  const size: number = (await client.renamed()).class;
  const [value, children, named] = await client.tree();
  const deep: number | undefined = named["a"]?.[1][0]?.[0];
  const empty: Empty = await client.empty({});
  // @ts-expect-error: the name is as msgspec encodes it
  console.log(window.window_title);
  // @ts-expect-error: it is an array on the wire
  await client.pair({ left: "a", rightSide: 1 });
  // @ts-expect-error: nothing is in it
  await client.empty({ a: 1 });
  // @ts-expect-error: nor is a string
  await client.empty("");
  console.log(title, size, value, children.length, deep, empty);
}
