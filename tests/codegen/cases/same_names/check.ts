import { CartNotFound, CartState, OrdersNotFound, type SameNames } from "./same-names.js";
import type { ArchiveItem, CartItem, CartItemInput, OrdersItem } from "./same-names.js";
import { safe } from "./runtime/index.js";

export async function check(client: SameNames): Promise<void> {
  const given: CartItemInput = { name: "a" };
  const isFull: boolean = (await client.add(given)) === CartState.FULL;
  const [error, found] = await safe(client.order(1, "paid"));
  if (error instanceof CartNotFound) console.log(error.data.item.amount);
  else if (error instanceof OrdersNotFound) console.log(error.data.number);
  const [item, bought]: [CartItem?, OrdersItem?] = found ?? [];
  const inner: ArchiveItem | undefined = (await client.all())[0]?.before[0];
  // @ts-expect-error: a price has only what was bought
  await client.add({ name: "a", price: 1 });
  // @ts-expect-error: what was bought is not what was bought long ago
  const other: ArchiveItem | undefined = bought;
  // @ts-expect-error: a state of the one is none of the other
  await client.order(1, CartState.FULL);
  console.log(isFull, item, bought, inner, other);
}
