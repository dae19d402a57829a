import { type Deprecations, NotFound, Palette, type Photo } from "./deprecations.js";

export async function check(client: Deprecations): Promise<void> {
  const photo: Photo = await client.photo(Palette.OIL);
  const picture = await client.picture(photo.name);
  const size: number = picture.size;
  // @ts-expect-error: what is old has its types all the same
  await client.photo("pencil");
  // @ts-expect-error: and its fields
  const path: string = picture.photo?.path;
  // @ts-expect-error: and its data
  new NotFound();
  console.log(size, path);
}
