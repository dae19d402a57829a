import { Kind, Level, type Literals } from "./literals.js";

export async function check(client: Literals, kind: Kind): Promise<void> {
  await client.enums("symbolic link");
  await client.enums(Kind.LINK, Level.LOUD);
  const link: "symbolic link" = Kind.LINK;
  const names: (keyof typeof Level)[] = ["QUIET", "LOUD"];
  const quoted: 'say "hi"' | "back\\slash" = await client.texts("w");
  switch (kind) {
    case Kind.FILE:
    case Kind.FOLDER:
    case "symbolic link":
      break;
    default:
      kind satisfies never;
  }
  // @ts-expect-error: a member is its value, not its name
  await client.enums("LINK");
  // @ts-expect-error: there is no such level
  await client.enums(Kind.LINK, 5);
  // @ts-expect-error: a member stays as it is
  Kind.FILE = "file";
  // @ts-expect-error: there is no such mode
  await client.texts("a");
  // @ts-expect-error: true is not 1 in JSON
  await client.bools(1);
  console.log(link, names, quoted);
}
