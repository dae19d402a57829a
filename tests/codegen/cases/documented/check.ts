import { type Documented, Locked, NoFolder, NotFound } from "./documented.js";

export async function check(client: Documented): Promise<void> {
  await client.short();
  const { total } = await client.full("a", 1, { followLinks: true });
  const lost: string = new NotFound({ path: "a" }).data.path;
  const locked: undefined = new Locked().data;
  // @ts-expect-error: what an error carries has to be given
  new NotFound();
  // @ts-expect-error: and to one that carries nothing nothing is given
  new Locked({ path: "a" });
  // @ts-expect-error: the name of an option is camelCase
  await client.full("a", 1, { follow_links: true });
  // @ts-expect-error: each error has a code of its own
  const code: typeof NotFound.code = NoFolder.code;
  console.log(total, lost, locked, code);
}
