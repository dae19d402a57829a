import { type Image, NoCamera, type Page, page } from "./page.js";
import type { Exposed } from "./runtime/index.js";

const implementation: Page = {
  photograph(delay, { after }) {
    if (delay > 0) throw new NoCamera({ since: after });
    return { pixels: new Uint8Array(1), taken: new Date() };
  },
  show: (image, images) => [image, ...images].map(({ taken }) => taken?.getTime()),
  async *frames(until) {
    yield { pixels: new Uint8Array(1), taken: until ?? null };
  },
  async play(chunks) {
    let size = BigInt(0);
    for await (const chunk of chunks) size += BigInt(chunk.byteLength);
    return size;
  },
  async edit(edit, { onProgress, seen }) {
    const pixels = new Uint8Array(new SharedArrayBuffer(1));
    const edited: Image = await edit({ pixels });
    onProgress(500);
    seen?.(new Date());
    return edited.taken;
  },
};

export const exposed: Exposed = page(implementation);

// @ts-expect-error: it answers with bytes
page({ ...implementation, photograph: () => ({ pixels: "YQ==" }) });
// @ts-expect-error: it answers with a bigint
page({ ...implementation, play: () => 1 });
// @ts-expect-error: it is given a Date
page({ ...implementation, frames: (until: string) => [until] });
// @ts-expect-error: it yields pixels
page({ ...implementation, frames: () => [{ taken: new Date() }] });
// @ts-expect-error: what is thrown has its data
new NoCamera({});
