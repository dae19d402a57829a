import {
  Busy,
  type Errors,
  Gone,
  Locked,
  NoFolder,
  NotFound,
  type NotFoundData,
} from "./errors.js";
import {
  ChannelClosed,
  RpcError,
  SessionEnded,
  type Stream,
  Thrown,
  WorkerStartError,
  safe,
} from "./runtime/index.js";

/** Says what there is to say of each way in which a call can end. */
async function say(client: Errors): Promise<string> {
  const [error, number] = await safe(client.open("a"));
  if (error === null) return number.toFixed();
  if (error instanceof NotFound) return error.data.path;
  if (error instanceof Locked) return error.data.owner.name;
  if (error instanceof RpcError) return error.code.toFixed();
  if (error instanceof ChannelClosed) return error.reason.message;
  if (error instanceof SessionEnded || error instanceof WorkerStartError) return error.message;
  if (error instanceof Thrown) return typeof error.value;
  if (error instanceof Error) return error.name;
  return error satisfies never;
}

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

  const watched: Stream<string, NoFolder> = client.watch("a");
  const [lost, lines] = await safe(watched.toArray());
  if (lost instanceof NoFolder) console.log(lost.data.path);
  else if (!lost) console.log(lines.join());

  const made = new NotFound({ path: "a", tried: 1 }, "another message");
  const codes: (4001 | 4002)[] = [Busy.code, NotFound.code];
  // @ts-expect-error: one error is not another
  const busy: Busy = made;
  // @ts-expect-error: there is no other data
  new NotFound({ path: "a", tried: 1, owner: { name: "b" } });
  // @ts-expect-error: the code is the class's
  made.code = 4003;
  // @ts-expect-error: a value is there only where no error is
  console.log((await safe(client.open("a")))[1].toFixed());
  // @ts-expect-error: what is not declared is not among them
  const opened: [Busy | undefined, unknown] = await safe(client.open("a"));
  console.log(codes, busy, opened, await say(client));
}
