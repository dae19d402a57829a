import type { Line, NamedTuples } from "./named-tuples.js";

export async function check(client: NamedTuples): Promise<void> {
  const [start, end, width]: Line = await client.draw([[[1, 2]], [[1, 2], [3, 4], 2]]);
  const [x, y] = await client.centre();
  await client.reserved(["a", 1, null]);
  // @ts-expect-error: it is no object
  await client.draw([{ start: [1, 2] }]);
  // @ts-expect-error: the first one is required
  await client.draw([[]]);
  // @ts-expect-error: there are no more than three
  await client.draw([[[1, 2], [3, 4], 2, 1]]);
  // @ts-expect-error: a place has two
  const z = (await client.centre())[2];
  console.log(start[0] - end[0], width.toFixed(), x, y, z);
}
