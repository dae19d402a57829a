// What a window does with a gallery: all its names are such as people go on from, or point at.
import { Busy, gallery, Kind, Locked, NoSuchPhoto, Size } from "./rpc/gallery.js";
import type { NoSuchPhotoData, Page, Photo, PhotoId, Tags, Wanted } from "./rpc/gallery.js";
import { dialogs } from "./rpc/dialogs.js";
import { createChannel, createClient } from "./rpc/runtime/index.js";
import { TauriEventIo } from "./rpc/runtime/io/tauri-event.js";

const asked = dialogs({ confirm: (question, { level }) => level === "hint" || confirm(question) });
const worker = createClient(gallery, createChannel(new TauriEventIo(), { expose: asked }));

const wanted: Wanted = { text: "boat", kinds: [Kind.SCAN], atLeast: 4 };
const found: Page<Photo> = await worker.find(wanted, 1, { order: "stars", pageLength: 20 });
console.log(`${found.total} in all`);
for (const photo of found.items) {
  const focal = photo.camera.lens?.focalLength ?? 0;
  console.log(photo.displayName, photo.stars, photo.votes, focal, photo.kind === Kind.FILE);
}

export async function open(id: PhotoId): Promise<Photo | string> {
  try {
    return await worker.photo(id);
  } catch (error) {
    if (error instanceof NoSuchPhoto) return `${error.code}: ${error.data.nearestName}`;
    if (error instanceof Busy || error instanceof Locked) return error.message;
    throw error;
  }
}

export const nearest = (data: NoSuchPhotoData): string => data.nearestName ?? "none";

worker.changed.on((change) => {
  if (change.change === "added") console.log(change.photo.displayName);
});
await worker.albums.addPhoto("boats", found.items[0].id);
console.log(await worker.albums.allPhotos(), new Busy().message);
const tags: Tags = await worker.tags();
for await (const address of worker.previews(Size.LARGE)) console.log(address, tags);
