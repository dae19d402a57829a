import { type Enumerations, Format, Mode, Odd, Rating } from "./enumerations.js";

export async function check(client: Enumerations): Promise<void> {
  await client.save(Format.PNG, Mode.READ_WRITE);
  const { format, rating } = await client.save("image/png", "read_write");
  const best: boolean = rating === Rating.BEST;
  const label: string = { "image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WebP" }[format];
  const ratings: Rating[] = await client.rate({ format }, Rating.BEST);
  const all: Format[] = Object.values(Format);
  const quoted: 'say "hi"' = Odd.constructor;
  await client.odd(Odd.Größe);
  // @ts-expect-error: a name is no value
  await client.save("PNG");
  // @ts-expect-error: an alias is no member of its own
  await client.save(Format.JPG);
  // @ts-expect-error: there is no such rating
  await client.rate({}, 3);
  // @ts-expect-error: a constant cannot be changed
  Rating.BEST = 5;
  console.log(best, label, ratings, all, quoted);
}
