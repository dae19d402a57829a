import type { Binary, Blob as Copied, BlobInput, Folder } from "./binary.js";

export async function check(client: Binary): Promise<void> {
  const content = await client.read("a");
  // A Blob takes no view of memory that is shared.
  const url: string = URL.createObjectURL(new Blob([content]));
  await client.write("a", content.subarray(1));
  await client.write("a", new TextEncoder().encode("text"));
  const shared = new Uint8Array(new SharedArrayBuffer(8));
  const given: BlobInput = { content: shared, kind: "a" };
  const copied: Copied = await client.copy(given);
  const folder: Folder = await client.folder({ blobs: { given, copied } });
  const first: ArrayBuffer | undefined = folder.blobs["given"]?.content.buffer;
  const { thumbnail } = await client.send({ parts: [content, shared] });
  // @ts-expect-error: bytes are no text
  await client.write("a", "text");
  // @ts-expect-error: nor a list
  await client.write("a", [1, 2]);
  // @ts-expect-error: what is shared was not what came
  const back: Copied = given;
  // @ts-expect-error: there may be none
  const length: number = thumbnail.length;
  console.log(url, first, back, length);
}
