import { Color, type Defaults } from "./defaults.js";

export async function check(client: Defaults): Promise<void> {
  await client.defaults();
  await client.defaults({ text: "b", number: 1, nothing: 2, color: "red" });
  await client.defaults({ color: Color.BLUE, point: {}, pair: [2, "b"] });
  await client.defaults({ nothing: null, described: undefined });
  // @ts-expect-error: there is no such color
  await client.defaults({ color: "green" });
  // @ts-expect-error: only that which has None for a default takes null
  await client.defaults({ text: null });
  // @ts-expect-error: a pair has two
  await client.defaults({ pair: [1] });
}
