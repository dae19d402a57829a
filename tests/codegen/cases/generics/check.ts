import type { Album, Box, BoxInput, Generics, Page, Photo, Tree } from "./generics.js";

function first<T>(page: Page<T>): T | undefined {
  return page.items[0];
}

function leaves<T>({ value, children }: Tree<T>): T[] {
  return children.length > 0 ? children.flatMap((child) => leaves(child)) : [value];
}

export async function check(client: Generics): Promise<void> {
  const photos = await client.photos({ items: [{ name: "a", taken: new Date() }] });
  const photo: Photo | undefined = first(photos);
  const name: string | undefined = first(await client.names());
  const number: number | null | undefined = first((await client.pages()).items[0]!);
  const entry = await client.entry({ key: "a", value: { name: "a", taken: new Date() } });
  const when: Date | null = entry.value;
  const taken: number[] = leaves(await client.tree({ value: 1, children: [] })).map(
    (leaf) => leaf.taken.getTime() + leaf.rating,
  );
  const [swapped] = (await client.swapped()).entries;
  const key: boolean | undefined = swapped?.key;
  const given: BoxInput<Uint8Array> = { content: new Uint8Array(1) };
  const box: Box<Uint8Array<ArrayBuffer>> = await client.box(given);
  const album: Album = await client.album("a");
  const again: Photo | undefined = first(album);
  // @ts-expect-error: an item is what the page is of
  await client.photos({ items: ["a"] });
  // @ts-expect-error: a page of one is no page of another
  const others: Page<number> = await client.names();
  // @ts-expect-error: the key is a text
  await client.entry({ key: 1, value: null });
  // @ts-expect-error: a tree of numbers is one in all of its branches
  await client.tree({ value: 1, children: [{ value: "a", children: [] }] });
  // @ts-expect-error: a page does not say of what
  const some: Page = photos;
  console.log(photo, name, number, when, taken, key, box, again, others, some);
}
