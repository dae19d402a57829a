import type { NamesAPI, NamesPromise } from "./names.js";

export async function check(client: NamesAPI): Promise<void> {
  const promise: NamesPromise = await client.new(1, "a", true);
  await client.switch("f", 1, { default: 2 });
  await client.delete.default();
  const names: string[] = (await client.constructor()).names;
  const text: string = (await client.odd())["two words\u2028"];
  // @ts-expect-error: it is a method, and no constructor
  new client(1, "a", true);
  // @ts-expect-error: the name is as msgspec encodes it
  console.log((await client.odd()).contentType);
  // @ts-expect-error: a namespace is read, not set
  client.delete = client.prototype;
  console.log(promise.kept, names, text);
}
