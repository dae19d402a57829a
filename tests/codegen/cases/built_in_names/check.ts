import { type BuiltInNames, type Map as Content, members, value } from "./built-in-names.js";
import type { Stream as River } from "./built-in-names.js";
import type { BuiltInNamesDate, BuiltInNamesPromise } from "./built-in-names.js";
import type { Stream } from "./runtime/index.js";

export async function check(client: BuiltInNames): Promise<void> {
  const date: BuiltInNamesDate = { day: 1, moment: new Date() };
  const promise: BuiltInNamesPromise = await client.array({ items: [1] }, date);
  const content: Content = { content: { a: new Uint8Array(1) } };
  const arrays = await client.map(content, { broken: { a: "b" } });
  const size: number | undefined = arrays["a"]?.content.byteLength;
  await client.enums(members.ONE, value.TWO);
  await client.callback(async ({ kept }) => (kept ? content : { content: {} }));
  const rivers: Stream<River> = client.streams([{ value: { fields: 1 } }]);
  const since: Date = await client.progress({ onProgress: ({ broken }) => broken["a"] });
  // @ts-expect-error: the contract's Date is none of JavaScript's
  const day: BuiltInNamesDate = new Date();
  // @ts-expect-error: nor is its Promise
  const kept: boolean = (await client.array({ items: [] }, date)).then;
  // @ts-expect-error: nor its Map
  await client.map(new Map(), { broken: {} });
  console.log(promise.kept, size, rivers, since, day, kept);
}
