import type { Optionals } from "./optionals.js";

export async function check(client: Optionals): Promise<void> {
  const found: string | null = await client.find(null);
  await client.trailing(1);
  await client.trailing(1, undefined, 3);
  await client.trailing(1, 2, null);
  await client.options("q");
  await client.options("q", {});
  await client.options("q", { caseSensitive: true });
  const maybe = [true, undefined][0];
  await client.options("q", { limit: undefined, caseSensitive: maybe });
  await client.onlyOptions({ tags: [] });
  await client.beforeOptions(undefined, { second: 2 });
  // @ts-expect-error: null is not left out
  await client.find();
  // @ts-expect-error: the result may be null
  const sure: string = await client.find("a");
  // @ts-expect-error: null is no int
  await client.trailing(1, null);
  // @ts-expect-error: options do not go by position
  await client.options("q", 100);
  // @ts-expect-error: the name is camelCase
  await client.options("q", { case_sensitive: true });
  // @ts-expect-error: the options are required
  await client.onlyOptions();
  // @ts-expect-error: a required option is not there
  await client.onlyOptions({ tags: undefined });
  // @ts-expect-error: a required option is missing
  await client.onlyOptions({ depth: 1 });
  console.log(found, sure);
}
