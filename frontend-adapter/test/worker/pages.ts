/** Windows of one app that share the worker of these tests, as the relay's bus carries their lines. */

import type { Channel, ChannelOptions } from "../../src/index.js";
import type { TauriEventIo } from "../../src/io/tauri-event.js";
import type { GeneratedClient } from "./client.js";
import type { Backend, Frontend } from "./contract.js";

export interface Page {
  readonly name: string;
  readonly io: TauriEventIo;
  readonly channel: Channel;
  readonly worker: Backend;
  readonly errors: Error[];
}

/** Opens a window; what it offers the worker refuses all that a test does not expect. */
export function openPage(
  { runtime, backend, frontend, TauriEventIo }: GeneratedClient,
  name: string,
  offered: Partial<Frontend> = {},
  options: ChannelOptions = {},
): Page {
  const io = new TauriEventIo();
  const errors: Error[] = [];
  const channel = runtime.createChannel(io, {
    window: name,
    onError: (error) => errors.push(error),
    expose: frontend({
      confirm: unexpected,
      ponder: unexpected,
      descend: unexpected,
      numbers: unexpected,
      ...offered,
    }),
    ...options,
  });
  return { name, io, channel, worker: runtime.createClient(backend, channel), errors };
}

function unexpected(): never {
  throw new Error("the worker was not expected to call this");
}

/** What a reload does to a page: it hears and says nothing any more, and its variables are gone. */
export function unload({ io }: Page): void {
  io.destroy();
  delete (globalThis as { [name: symbol]: unknown })[Symbol.for("rpc-worker.windows")];
}
