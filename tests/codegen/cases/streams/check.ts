import type { Stream } from "./runtime/index.js";
import type { Line, LineInput, Streams } from "./streams.js";

async function* generated(): AsyncGenerator<number> {
  yield 1;
}

export async function check(client: Streams, signal: AbortSignal): Promise<void> {
  for await (const line of client.tail("a", { lines: 1, signal, timeoutMs: 1 })) line.trim();
  const stream: Stream<number> = client.count();
  const all: number[] = await stream.toArray();
  await client.total([1, 2]);
  await client.total(new Set([1]), { signal });
  await client.total(generated());
  const given: LineInput[] = [{ text: "a" }];
  const taken: Line[] = await client.numbered(given).toArray();
  // What came can be sent on.
  await client.numbered(client.numbered(given)).toArray();
  await client.join({ parts: ["a"] });
  await client.perhaps(null);
  await client.perhaps([1], null);
  await client.perhaps([1], undefined, { signal: undefined });
  for await (const lines of client.logs.follow().batches()) lines.join();
  // @ts-expect-error: a stream is no promise
  await client.count().then();
  // @ts-expect-error: the items are numbers
  await client.total(["a"]);
  // @ts-expect-error: a number is not many
  await client.total(1);
  // @ts-expect-error: there is no such option
  client.count({ lines: 1 });
  // @ts-expect-error: None was not said to be among them
  await client.total(null);
  console.log(all, taken);
}
