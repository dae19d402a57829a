import type { Box, Tuples } from "./tuples.js";

export async function check(client: Tuples): Promise<void> {
  const [text, number, flags] = await client.pair([1, "a"]);
  const many: [string, number][] = await client.many([1, 2, 3]);
  const none: [] = await client.none([]);
  const box: Box | null = (
    await client.one([
      {
        corners: [
          [0, 0],
          [1, 1],
        ],
      },
    ])
  )[0];
  // @ts-expect-error: a pair has two
  await client.pair([1]);
  // @ts-expect-error: in their order
  await client.pair(["a", 1]);
  // @ts-expect-error: an empty one has nothing
  const first = (await client.none([]))[0];
  // @ts-expect-error: a corner has two numbers
  await client.one([{ corners: [[0, 0], [1]] }]);
  console.log(text.length, number?.toFixed(), flags.length, many, none, box, first);
}
