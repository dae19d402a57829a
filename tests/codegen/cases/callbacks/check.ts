import type { Callbacks, Step, StepInput } from "./callbacks.js";

export async function check(client: Callbacks, signal: AbortSignal): Promise<void> {
  const onProgress = (done: number): void => console.log(done.toFixed());
  await client.checksum("a");
  await client.checksum("a", { onProgress, algorithm: "md5", signal, timeoutMs: 1_000 });
  await client.only({ onProgress: (step: Step | null) => step?.done.toFixed() });
  await client.unheard({ onProgress: undefined });
  await client.options({ limit: 1 });
  await client.deleteAll(["a"], (path) => path === "a");
  await client.deleteAll(["a"], async (path) => path.startsWith("a"), { signal });
  await client.found((step) => console.log(step.done.toFixed()));
  await client.settle(() => {});
  await client.settle(async () => {});
  const list: number[] = [];
  await client.settle(() => list.push(1));
  const chosen: StepInput = { name: "a" };
  await client.ask((_text, step, count) => (count > 1 ? chosen : step));
  await client.ask(() => null);
  await client.anything((value) => value);
  await client.maybe(null);
  await client.maybe((value) => console.log(value), null, { each: null });
  await client.maybe(null, undefined, { each: (text) => console.log(text.trim()) });
  // @ts-expect-error: the answer is a boolean
  await client.deleteAll(["a"], () => "yes");
  // @ts-expect-error: the argument is a string
  await client.deleteAll(["a"], (path: number) => path > 0);
  // @ts-expect-error: the function is required
  await client.deleteAll(["a"]);
  // @ts-expect-error: progress is an option
  await client.checksum("a", onProgress);
  // @ts-expect-error: the option has the name of all
  await client.checksum("a", { progress: onProgress });
  // @ts-expect-error: the limit is required
  await client.options({ onProgress });
}
