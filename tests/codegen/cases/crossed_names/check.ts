import { Lost, LostData, OrderInput, type ShopAPI, ShopFilesListOptions } from "./shop.js";
import type { LostData2, Order, OrderInput2, Shop, ShopAPIFiles } from "./shop.js";
import { safe } from "./runtime/index.js";

export async function check(client: ShopAPI, shop: Shop): Promise<void> {
  const given: OrderInput2 = { number: 1 };
  const [error, order] = await safe(client.order(given));
  if (error instanceof OrderInput) console.log(error.code);
  else if (error instanceof Lost) {
    const data: LostData2 = error.data;
    console.log(data.order.paid);
  }
  const found: Order | undefined = order;
  const files: ShopAPIFiles = client.files;
  const name: string = (await files.list(shop, { first: 1 })).name;
  const listed = await client.filesList({ last: 1 });
  const isAll: boolean = listed === ShopFilesListOptions.ALL;
  const nothing: boolean = (await client.lost()) === LostData.NOTHING;
  // @ts-expect-error: the options of one are not the other's
  await client.filesList({ first: 1 });
  // @ts-expect-error: nor the other way round
  await files.list(shop, { last: 1 });
  // @ts-expect-error: an error is no order
  await client.order(new OrderInput());
  console.log(found, name, isAll, nothing);
}
