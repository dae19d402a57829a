import type { Sets, Tag } from "./sets.js";

export async function check(client: Sets): Promise<void> {
  const tags: Tag[] = await client.tags(["a", "b"]);
  await client.tags([...new Set(["a", "a"])]);
  const letters: ("a" | "b")[] = await client.pairs([[1, "a"]]);
  const days: string[] = await client.days([new Date()]);
  // @ts-expect-error: JSON has no sets
  await client.tags(new Set(["a"]));
  // @ts-expect-error: it is an array that comes
  tags.has({ name: "a" });
  // @ts-expect-error: the items have a type
  await client.tags([1]);
  console.log(letters, days);
}
