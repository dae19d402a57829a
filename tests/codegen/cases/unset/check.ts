import type { Change, Unset } from "./unset.js";

export async function check(client: Unset): Promise<void> {
  await client.change({});
  await client.change({ rating: null });
  const change: Change = await client.change({ title: "a", taken: new Date() });
  const title: string | undefined = change.title;
  const rating: number | null | undefined = change.rating;
  const by: string = change.by;
  const { always, often, onlyNowAndThen } = await client.loose();
  const sum: number = always + often + (onlyNowAndThen ?? 0);
  // @ts-expect-error: what is not there is no null
  await client.change({ title: null });
  // @ts-expect-error: it may be missing in what comes, too
  const sure: string = change.title;
  // @ts-expect-error: a default is always there in what comes
  const made: Change = { title: "a" };
  console.log(title, rating, by, sum, sure, made);
}
