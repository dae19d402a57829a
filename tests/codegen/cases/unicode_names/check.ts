import { type Größe, type UnicodeNames, Цвет, type 写真, 𐐃Error } from "./unicode-names.js";
import { safe } from "./runtime/index.js";

export async function check(client: UnicodeNames): Promise<void> {
  const size: Größe = await client.größe({ 名前: "a", "🎉": "b" }, { ñandú: 2 });
  const sum: number = size.höhe + size.breiteInMm;
  const [error, photo] = await safe(client["𐐄"](Цвет.КРАСНЫЙ));
  if (error instanceof 𐐃Error) console.log(error.data.причина);
  const found: 写真 | undefined = photo;
  const emoji: string | undefined = found?.["🎉"];
  // @ts-expect-error: a member is its value
  await client["𐐄"]("КРАСНЫЙ");
  // @ts-expect-error: a field without a default is required
  await client.größe({ "🎉": "b" });
  // @ts-expect-error: the name of an option is told apart from its like
  await client.größe({ 名前: "a" }, { nandu: 2 });
  console.log(sum, emoji);
}
