import {
  NoSuchPhoto,
  type Page,
  type Photo,
  type PhotoId,
  type PhotoLibrary,
  Rating,
  Unreadable,
} from "./photo-library.js";
import { safe } from "./runtime/index.js";

async function all<T>(next: (cursor: string | null) => Promise<Page<T>>): Promise<T[]> {
  const found: T[] = [];
  for (let cursor: string | null = null; ;) {
    const page: Page<T> = await next(cursor);
    found.push(...page.items);
    cursor = page.cursor;
    if (cursor === null) return found;
  }
}

export async function check(client: PhotoLibrary, photo: PhotoId): Promise<void> {
  const photos: Photo[] = await all((cursor) =>
    client.search({ near: [[48.1, 11.6], 500], atLeast: Rating.GOOD }, { cursor }),
  );
  const [latitude, , altitude] = photos[0]?.place ?? [];
  const [error, jpeg] = await safe(client.thumbnail(photo, { size: 128 }));
  if (error instanceof NoSuchPhoto) console.log(error.data.id);
  else if (error instanceof Unreadable) console.log(error.data.reason);
  else if (!error) console.log(URL.createObjectURL(new Blob([jpeg])));
  for await (const [id, thumbnail] of client.thumbnails([photo])) console.log(id, thumbnail.length);
  await client.change([photo], { rating: Rating.BEST, place: null });
  await client.bring(["a"], { onProgress: ({ done, of, path }) => `${done} of ${of}: ${path}` });
  const days: number | undefined = (await client.byDay(2026))["2026-01-31"];
  client.changed.on((changed) => changed.map(({ keywords }) => keywords.includes("a")));
  // @ts-expect-error: a latitude alone is no place
  await client.search({ near: [[48.1], 500] });
  // @ts-expect-error: there is no such rating
  await client.change([photo], { rating: 4 });
  // @ts-expect-error: what is not changed is left out
  await client.change([photo], { rating: null });
  // @ts-expect-error: keywords are an array
  await client.search({ keywords: new Set(["a"]) });
  console.log(latitude, altitude, days);
}
