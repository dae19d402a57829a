import { Busy, type Errors, Gone, Locked, NoFolder, NotFound, type NotFoundData } from "./errors.js";
import { RpcError, safe } from "./runtime/index.js";

export async function check(client: Errors): Promise<void> {
  const [error, names] = await safe(client.list("a"));
  if (error instanceof Locked) {
    const owner: string = error.data.owner.name;
    const code: 4004 = error.code;
    console.log(owner, code, error.data.path);
  } else if (error instanceof NotFound || error instanceof NoFolder) {
    const data: NotFoundData = error.data;
    console.log(data.path, data.tried, error.message);
  } else if (error instanceof Busy || error instanceof Gone) {
    const nothing: undefined = error.data;
    console.log(nothing);
  } else if (error) {
    console.log(error.message);
  } else {
    const found: string[] | null = names;
    console.log(found);
  }

  try {
    await client.open("a");
  } catch (thrown) {
    if (thrown instanceof Locked) console.log(thrown.data.owner.name);
    if (thrown instanceof RpcError) console.log(thrown.code);
  }

  const made = new NotFound({ path: "a", tried: 1 }, "another message");
  const codes: (4001 | 4002)[] = [Busy.code, NotFound.code];
  // @ts-expect-error: one error is not another
  const busy: Busy = made;
  // @ts-expect-error: there is no other data
  new NotFound({ path: "a", tried: 1, owner: { name: "b" } });
  // @ts-expect-error: the code is the class's
  made.code = 4003;
  // @ts-expect-error: what is not declared is not among them
  const opened: [Busy | undefined, unknown] = await safe(client.open("a"));
  console.log(codes, busy, opened);
}
