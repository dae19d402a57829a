import type { Durations, Track } from "./durations.js";

export async function check(client: Durations): Promise<void> {
  const length: number = await client.length("a");
  setTimeout(() => console.log("over"), length);
  const tracks: Track[] = await client.tracks(120_000);
  const fade: number | null | undefined = tracks[0]?.fade;
  await client.cut({ title: "a", length: 1_000 }, { at: [500, length] });
  // @ts-expect-error: a length is no text
  await client.tracks("PT2M");
  // @ts-expect-error: a Date is a moment, not a length
  await client.tracks(new Date());
  // @ts-expect-error: the places to cut at are many
  await client.cut({ title: "a", length: 1_000 }, { at: 500 });
  console.log(fade);
}
