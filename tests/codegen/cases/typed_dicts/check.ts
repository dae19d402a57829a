import type { Cut, Movie, TypedDicts } from "./typed-dicts.js";

export async function check(client: TypedDicts): Promise<void> {
  const movies: Movie[] = await client.find({ genre: "western", year: null });
  const year: number | undefined = movies[0]?.year;
  const cut: Cut = await client.cut({ title: "a" });
  const token: string = (await client.headers({ "x-token": "a", class: 1 }))["x-token"];
  await client.nothing({});
  // @ts-expect-error: that one is required
  await client.find({ year: 1960 });
  // @ts-expect-error: what is not required may be missing in what comes, too
  const minutes: number = cut.minutes;
  // @ts-expect-error: a key that is no name is a key all the same
  await client.headers({ class: 1 });
  // @ts-expect-error: nothing is in it
  await client.nothing({ a: 1 });
  console.log(year, minutes, token);
}
