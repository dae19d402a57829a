/** Python, as this window sees it. */

import { confirm } from "./confirm";
import { files } from "./rpc/files";
import { page } from "./rpc/page";
import { createChannel, createClient } from "./rpc/runtime/index";
import { TauriIo } from "./rpc/runtime/io/tauri";

/** Told what belongs to no call, such as that Python has ended. */
export const troubles = new Set<(error: Error) => void>();

/** `backend` is its name in tauri.conf.json. */
export const io = new TauriIo("backend");

export const channel = createChannel(io, {
  expose: page({ confirm }),
  onError: (error) => {
    console.warn(error);
    for (const tell of troubles) tell(error);
  },
});

export const worker = createClient(files, channel);
