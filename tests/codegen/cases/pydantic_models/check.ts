import type { Cat, Models, Owner, OwnerInput, Page } from "./models.js";

export async function check(client: Models): Promise<void> {
  const given: OwnerInput = { pet: { kind: "dog", born: new Date(0) } };
  const owner: Owner = await client.adopt(given);
  const born: Date | undefined = owner.pet.kind === "dog" ? owner.pet.born : undefined;
  const cats: Record<string, Cat> = await client.cats(["Tom"]);
  const lives: number | undefined = cats["Tom"]?.livesLeft;
  const page: Page<Owner> = await client.owners();
  const next: number | null = page.nextPage;
  const friends: Owner[] | undefined = page.items[0]?.friends;
  // @ts-expect-error: its kind says which pet it is
  await client.adopt({ pet: { born: new Date(0) } });
  // @ts-expect-error: only a dog has tags
  await client.adopt({ pet: { kind: "cat", tags: [] } });
  // @ts-expect-error: a date is no text
  await client.adopt({ pet: { kind: "dog", born: "1970-01-01" } });
  console.log(born, lives, next, friends);
}
