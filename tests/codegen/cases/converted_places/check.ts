import {
  type ConvertedPlaces,
  Overexposed,
  type OverexposedData,
  type Shot,
} from "./converted-places.js";
import { safe } from "./runtime/index.js";

export async function check(client: ConvertedPlaces): Promise<void> {
  const shot = { taken: new Date() };
  const shots: Record<string, Shot> = await client.options(shot, 2_000, { until: new Date() });
  for await (const { taken } of client.shots(500)) taken.getTime();
  await client.upload([new Uint8Array(1)], { names: ["a"] });
  const [first] = await client.both([shot]).toArray();
  const size: number | undefined = first?.[1].byteLength;
  await client.progress({ onProgress: (elapsed: number) => elapsed.toFixed() });
  await client.ask((text, { taken }, count) => (count > text.length ? { taken } : null));
  await client.given(async () => new Uint8Array(1));
  await client.taken((when: Date, count) => when.getTime() + count);
  await client.done((when) => console.log(when.getTime()));
  await client.notice((count, { byteLength }) => console.log(count + byteLength));
  client.camera.shot.on(({ pixels }) => pixels.byteLength);
  client.camera.ready.on((since) => since?.getTime());
  const [error] = await safe(client.fails());
  if (error instanceof Overexposed) {
    const data: OverexposedData = error.data;
    console.log(data.at.getTime(), data.shots[0]?.taken.getTime());
  }
  const made = new Overexposed({ at: new Date(), shots: [] });
  // @ts-expect-error: an option is converted, too
  await client.options(shot, 2_000, { until: "2026-01-31T13:45:00Z" });
  // @ts-expect-error: and so is each item of a stream
  await client.upload(["YQ=="], { names: ["a"] });
  // @ts-expect-error: and what a function answers
  await client.given(() => "YQ==");
  // @ts-expect-error: and what it is given
  await client.taken((when: string) => when.length);
  // @ts-expect-error: and what an event carries
  client.camera.ready.on((since: string | null) => since);
  console.log(shots, size, made);
}
