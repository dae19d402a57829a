import type { Inheritance, Photo } from "./inheritance.js";

export async function check(client: Inheritance): Promise<void> {
  const version: string = await client.version();
  const count: number = (await client.everything.count()) + (await client.albums.count());
  const photo: Photo = await client.albums.rename({ name: "a" });
  const rating: number = photo.rating + photo.name.length;
  client.albums.added.on((name) => name.trim());
  client.changed.on(({ notes }) => notes?.trim());
  await client.close({ force: true });
  // @ts-expect-error: what one has, another need not
  await client.everything.rename({ name: "a" });
  // @ts-expect-error: a name has no rating
  await client.albums.rename({ name: "a", rating: 1 });
  // @ts-expect-error: an inherited field is required, too
  await client.albums.rename({});
  console.log(version, count, rating);
}
