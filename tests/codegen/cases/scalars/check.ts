import type { Scalars, UserId } from "./scalars.js";

export async function check(client: Scalars): Promise<void> {
  const truth: boolean = await client.truth(true);
  const whole: number = await client.whole(1);
  const id: UserId = await client.named(whole);
  const day: string = await client.day("2026-01-31");
  const nothing: void = await client.nothing();
  const something: unknown = await client.anything({ any: ["thing", null] });
  // @ts-expect-error: a number is no string
  await client.text(1);
  // @ts-expect-error: a day has no time, so it is no moment
  await client.day(new Date());
  // @ts-expect-error: of anything, nothing is known
  something.any;
  // @ts-expect-error: None is a type of its own
  await client.real(null);
  console.log(truth, id, day, nothing);
}
