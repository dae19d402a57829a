import type { Clip, ConvertedUnions, Note, Photo } from "./converted-unions.js";

function describe(item: Note | Photo | Clip): string {
  switch (item.type) {
    case "note":
      return item.text;
    case "photo":
      return item.taken.toISOString();
    case "1":
      return `${item.length / 1000} s`;
  }
}

export async function check(client: ConvertedUnions): Promise<void> {
  const some: Uint8Array | null = await client.optional(new Date());
  await client.forms(new Date());
  await client.forms([new Uint8Array(1)]);
  await client.forms({ when: new Date() });
  const form = await client.forms(1);
  const size: number = typeof form === "boolean" ? 0 : form.byteLength;
  const lengths: number[] | null = await client.lists([new Date(), 1]);
  const items = await client.tagged({ type: "1", length: 500 });
  const texts: string[] = items.map((item) => (item ? describe(item) : ""));
  await client.mixed([new Date()]);
  await client.arrays([0, new Date()]);
  const event = await client.arrays([-1, 4]);
  const when = Array.isArray(event) ? event[1] : event["a"];
  const big: bigint | null = await client.dicts({ a: null, b: new Uint8Array(1) });
  const anything: unknown = await client.anything(new Date());
  // @ts-expect-error: a text is none of them
  await client.forms("2026-01-31T13:45:00Z");
  // @ts-expect-error: a photo has pixels
  await client.tagged({ type: "photo", taken: new Date() });
  // @ts-expect-error: a note has no length
  await client.tagged({ type: "note", text: "a", length: 1 });
  // @ts-expect-error: what is closed was closed with a code
  await client.arrays([-1, new Date()]);
  console.log(some, size, lengths, texts, when, big, anything);
}
