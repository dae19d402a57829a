import type { AttrsRecords, Picture } from "./attrs-records.js";

export async function check(client: AttrsRecords): Promise<void> {
  const picture: Picture = await client.picture("a");
  const lens: string | null | undefined = picture.camera?.lens;
  const keywords: string[] = picture.keywords;
  await client.rate({ width: 1, height: 2 }, 3);
  await client.rate({ width: 1, height: 2, camera: { maker: "a" }, rating: 1 }, 3);
  await client.rate(picture, 3);
  // @ts-expect-error: a field without a default is required
  await client.rate({ width: 1 }, 3);
  // @ts-expect-error: a camera has a maker
  await client.rate({ width: 1, height: 2, camera: {} }, 3);
  // @ts-expect-error: not every picture has a camera
  const maker: string = picture.camera.maker;
  console.log(lens, keywords, maker);
}
