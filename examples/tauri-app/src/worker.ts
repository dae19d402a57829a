/** Python, as this window sees it. */

import { invoke } from "@tauri-apps/api/core";
import { confirm } from "./confirm";
import { files } from "./rpc/files";
import { page } from "./rpc/page";
import { createChannel, createClient } from "./rpc/runtime/index";
import { TauriIo } from "./rpc/runtime/io/tauri";

/** Told what belongs to no call, such as that Python has ended. */
export const troubles = new Set<(error: Error) => void>();

export const channel = createChannel(new TauriIo("backend"), {
  expose: page({ confirm }),
  onError: (error) => {
    console.warn(error);
    for (const tell of troubles) tell(error);
  },
});

export const worker = createClient(files, channel);

/** Starts Python again, when it has ended by itself. */
export async function startAgain(): Promise<void> {
  await invoke("plugin:rpc-worker|start", { worker: "backend" });
}
