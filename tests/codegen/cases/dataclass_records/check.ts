import type { DataclassRecords, Done, Job } from "./dataclass-records.js";

export async function check(client: DataclassRecords): Promise<void> {
  const job: Job = { title: "a", priority: 1, steps: [{ name: "b", after: { name: "c" } }] };
  const done: Done = await client.start(job);
  const seconds: number = done.seconds + done.priority;
  const before: string | undefined = (await client.first(job)).after?.name;
  // @ts-expect-error: a field without a default is required
  await client.start({ priority: 1 });
  // @ts-expect-error: there is no such field
  await client.start({ title: "a", seconds: 1 });
  // @ts-expect-error: None has to be among the types
  await client.start({ title: "a", steps: null });
  console.log(seconds, before);
}
