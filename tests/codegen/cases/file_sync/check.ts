import { type Conflict, type FileSync, Offline, QuotaExceeded } from "./file-sync.js";
import { safe } from "./runtime/index.js";

const newer = ({ here, there }: Conflict) => (here.changed > there.changed ? "here" : "there");

export async function check(client: FileSync, file: File): Promise<void> {
  const [offline, folder] = await safe(
    client.folders.add({ path: "/a", remote: "b", every: 60_000 }),
  );
  if (offline instanceof Offline) setTimeout(() => console.log("again"), offline.data.retryAfter);
  if (folder === undefined) return;
  try {
    for await (const step of client.sync(folder, newer, { dryRun: true, limit: 1e6 })) {
      if (step.type === "copied") console.log(step.direction, step.entry.checksum?.byteLength);
      else if (step.type === "skipped") console.log(step.path, step.reason);
      else console.log(step.path);
    }
  } catch (error) {
    if (error instanceof QuotaExceeded) console.log(error.data.available - error.data.used);
  }
  const entry = await client.put(folder, file.name, [new Uint8Array(await file.arrayBuffer())]);
  const [conflict] = await client.compare(folder, [entry.path]);
  client.folders.status.on((all) => {
    const ever: bigint | undefined = all[folder]?.bytesEver;
    console.log(ever);
  });
  // @ts-expect-error: one of them, or both
  client.sync(folder, () => "neither");
  // @ts-expect-error: how often is a number of milliseconds
  await client.folders.add({ path: "/a", remote: "b", every: "PT5M" });
  // @ts-expect-error: a file is no bytes
  await client.put(folder, file.name, [file]);
  // @ts-expect-error: there may be no base
  console.log(conflict?.base.size);
}
