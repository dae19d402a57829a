import type { Item, Kept, Later, Page, T, TypeVariables } from "./type-variables.js";

export async function check(client: TypeVariables): Promise<void> {
  const items: Page<Item> = await client.items();
  const price: number | undefined = items.items[0]?.price;
  const later: Later<number, T> = await client.later();
  const size: string = later.then.size;
  const kept: Kept<{ name: string }, string> = await client.kept();
  // @ts-expect-error: the variable is no type of its own
  const strings: Page<string> = items;
  // @ts-expect-error: what it stands for is not the class of its name
  const promised: T = later.promise;
  // @ts-expect-error: there are two
  const half: Later<number> = later;
  console.log(price, size, kept.named.name, kept.either.length, strings, promised, half);
}
