import type { Found, Index } from "./index.js";

export async function check(client: Index): Promise<void> {
  const found: Found[] = await client.search("a", { limit: 1 }).toArray();
  const count: number = await client.update(["a"], { onProgress: (done) => done.toFixed() });
  const gone: string[] = await client.clean((file) => file.size === 0);
  const size: number = await client.size();
  await client.forget();
  client.changed.on((file: Found) => console.log(file.path));
  // @ts-expect-error: what is private is not served
  await client._private();
  // @ts-expect-error: nor is a property
  console.log(client.alsoPrivate);
  // @ts-expect-error: nor an attribute
  console.log(client.cache);
  // @ts-expect-error: a generator is a stream, whatever runs it
  await client.search("a").then();
  console.log(found, count, gone, size);
}
