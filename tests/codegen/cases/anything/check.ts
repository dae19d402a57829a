import type { Anything, Message } from "./anything.js";

export async function check(client: Anything): Promise<void> {
  const echo: unknown = await client.echo({ a: [1, "b", null] });
  await client.either(null);
  await client.optional();
  await client.optional(1, { more: ["a"] });
  const message: Message = await client.message({ payload: 1, raw: { a: 1 } });
  const extra: unknown = message.extras["a"];
  client.said.on((value) => console.log(typeof value === "string" ? value.trim() : value));
  // @ts-expect-error: what it is has to be found out first
  echo.length;
  // @ts-expect-error: it may be anything, but it has to be given
  await client.echo();
  // @ts-expect-error: nor may a field be missing
  await client.message({ payload: 1 });
  console.log(extra);
}
