import type { Direction, Settings, SettingsInput, Sparse, Trailing } from "./direction.js";

export async function check(client: Direction): Promise<void> {
  const settings: Settings = await client.settings({ theme: "dark" });
  const size: number = settings.fontSize;
  const parent: string | null = settings.parent;
  // What came can be sent back.
  const again: SettingsInput = settings;
  await client.profile({ name: "me", settings: again });
  await client.profile(null);
  await client.sent({});
  await client.sent({ count: size, settings: [{ theme: "light", parent }] });
  const received: number = (await client.sent({})).count;
  const sparse: Sparse = await client.sparse({ name: "a" });
  const trailing: Trailing = await client.trailing([1, 2]);
  const third: number = trailing[2];
  // @ts-expect-error: a required field is missing
  await client.settings({ fontSize: 12 });
  // @ts-expect-error: there is no such field
  await client.settings({ theme: "dark", fontsize: 12 });
  // @ts-expect-error: null is not among the field's types
  await client.settings({ theme: null });
  // @ts-expect-error: what is only sent may lack its fields
  const back: Settings = again;
  // @ts-expect-error: a default that is left out is not there
  const there: number = sparse.size;
  // @ts-expect-error: the first place is required
  await client.trailing([]);
  // @ts-expect-error: a fourth place there is not
  await client.trailing([1, 2, 3, 4]);
  console.log(received, third, back, there);
}
