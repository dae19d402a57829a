import type { Cat, Dog, Tags } from "./tags.js";

function describe(pet: Cat | Dog): string {
  switch (pet.kind) {
    case "cat":
      return `${pet.lives} lives`;
    case "dog":
      return pet.barks ? "barks" : "bites";
    default:
      return pet satisfies never;
  }
}

export async function check(client: Tags): Promise<void> {
  const pets = await client.pet({ kind: "dog", id: 1 });
  const texts: string[] = pets.map(describe);
  const sent = await client.send({ "op-code": 2, path: "a" });
  const content: string | undefined = sent?.["op-code"] === 2 ? sent.content : undefined;
  const line = await client.draw([
    ["m", 1, 2],
    ["l", [["m", 1, 2]]],
  ]);
  const x: number | undefined = line[1][0]?.[1];
  await client.alone({ type: "empty" });
  const { value } = await client.alone({ type: "alone", value: 1 });
  client.changed.on((change) => change.type === "Started" && change.at.toFixed());
  // @ts-expect-error: a dog has no lives
  await client.pet({ kind: "dog", id: 1, lives: 9 });
  // @ts-expect-error: the tag says which it is
  await client.pet({ id: 1, lives: 9 });
  // @ts-expect-error: there is no such command
  await client.send({ "op-code": 3, path: "a" });
  // @ts-expect-error: a move has two numbers
  await client.draw([["m", 1]]);
  // @ts-expect-error: a tag cannot be left out where it tells nothing apart
  await client.alone({ value: 1 });
  console.log(texts, content, x, value);
}
