/** The channel of the app, and a use of all that its contracts have. */

import { Command } from "@tauri-apps/plugin-shell";
import { dialogs } from "./rpc/dialogs";
import { Mood, NoSuchPhoto, Overexposed, Stars, type Studio, studio } from "./rpc/studio";
import { type Channel, RpcError, batch, createChannel, createClient, safe } from "./rpc/runtime";
import { TauriEventIo } from "./rpc/runtime/io/tauri-event";
import { TauriShellIo } from "./rpc/runtime/io/tauri-shell";

const overexposed = new Overexposed({ since: new Date() });

async function* strokes(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array([1, 2, 3]);
}

export const channel: Channel = createChannel(
  location.hash ? new TauriShellIo(Command.create("worker")) : new TauriEventIo(),
  {
    expose: dialogs({
      confirm(photo, until) {
        if (until < photo.taken) throw overexposed;
        return photo.pixels.byteLength > 0;
      },
      strokes,
    }),
    log: "warning",
    onLog: ({ message }) => console.info(message),
  },
);

export const worker: Studio = createClient(studio, channel);

/** What became of a search, in words: each way that it can end is known. */
export async function search(id: string, signal: AbortSignal): Promise<string> {
  const [error, found] = await safe(worker.find(id, { before: new Date(), signal }));
  if (error instanceof NoSuchPhoto) return `no ${error.data.id}`;
  if (error instanceof Overexposed) return `too bright since ${error.data.since.toISOString()}`;
  if (error) return error instanceof RpcError ? `${error.code}` : "lost";
  return found.type === "photo" ? found.taken.toISOString() : `${found.length} ms`;
}

export async function everything(show: (text: string) => void): Promise<void> {
  const { items } = await worker.page();
  for (const item of items) show(item.type === "clip" ? `${item.stills.length}` : item.mood);
  show(String((await worker.sizes())["all"] ?? 0n));
  if ((await worker.change("1", { mood: Mood.LOUD })) === Stars.BEST) show("best");
  for await (const { taken } of worker.shoot(500, { mood: Mood.CALM })) show(taken.toISOString());
  for await (const lines of worker.log().batches()) show(lines.join());
  await worker.upload(strokes(), ["a"]);
  const developed = await worker.develop("1", { onProgress: (done) => show(done.toFixed()) });
  show(URL.createObjectURL(new Blob([developed])));
  await worker.expose("1", { onProgress: (elapsed) => show(`${elapsed} ms`), timeoutMs: 9_000 });
  await worker.sort((one, other) => one.taken > other.taken);
  await worker.review((question) => (confirm(question) ? Stars.BEST : Stars.NONE));
  await worker.watch((when) => show(when.toISOString()));
  await worker.listen(show);
  const [first, names] = batch(channel, () => [worker.albums.add("a", "1"), worker.albums.names()]);
  show(`${(await first).toFixed()} ${(await names).join()}`);
}

/** Follows the events until what this returns is called. */
export function follow(show: (text: string) => void): () => void {
  const offs = [
    worker.wakes.on((when) => show(when.toISOString())),
    worker.albums.changed.on(show),
    worker.albums.shown.on(({ pixels }) => show(`${pixels.byteLength}`)),
  ];
  return () => offs.forEach((off) => off());
}
