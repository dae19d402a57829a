import {
  type ReservedWords,
  type ReservedWordsNull,
  ReservedWordsThrow,
  type ReservedWordsVar,
  enum_,
} from "./reserved-words.js";

export async function check(client: ReservedWords): Promise<void> {
  const [first, kind]: ReservedWordsNull = await client.new(1, "a", true, { delete: 2 });
  const { constructor, toJSON } = await client.constructor(1, { prototype: 2 });
  const proto: number | undefined = toJSON["__proto__"];
  await client.delete(1, 2, 3, 4, { timeoutMs: 5 });
  const given = await client.valueOf([1, "a"], { constructor, toJSON: { then: 1 } });
  const isProto: boolean = given === enum_.hasOwnProperty;
  const text: string = await client.export.toString();
  client.prototype.new.on((value) => value.toFixed());
  client.interface.on((value: ReservedWordsVar) => value.case + value.default.length);
  const reason: string = new ReservedWordsThrow({ finally: "a" }).data.finally;
  // @ts-expect-error: it is a method, and no constructor
  new client(1, "a", true);
  // @ts-expect-error: the options come behind an argument of their name
  await client.delete(1, 2, 3, { timeoutMs: 5 });
  // @ts-expect-error: a namespace is read, not set
  client.export = client.prototype;
  console.log(first, kind, proto, isProto, text, reason);
}
