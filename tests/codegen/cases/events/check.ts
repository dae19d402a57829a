import type { Events, FileChange } from "./events.js";

export async function check(client: Events, signal: AbortSignal): Promise<void> {
  const off: () => void = client.idleSince.on((since) => since?.toFixed());
  client.logLine.on((line) => console.log(line.trim()), { signal });
  for await (const change of client.files.changed) {
    const size: number = change.size;
    await client.files.touch({ path: change.path });
    console.log(size);
  }
  client.files.changed.on((change: FileChange) => console.log(change));
  // @ts-expect-error: the payload is a string
  client.logLine.on((line: number) => console.log(line));
  // @ts-expect-error: an event is heard, not called
  client.logLine();
  // @ts-expect-error: nor set
  client.logLine = client.logLine;
  off();
}
