/// <reference types="vite/client" />
/** An app that uses the core alone. */

import { plain } from "./rpc/plain";
import { type Channel, createChannel, createClient } from "./rpc/runtime";
import { TauriEventIo } from "./rpc/runtime/io/tauri-event";

import.meta.hot?.data.channel?.destroy();
export const channel: Channel = createChannel(new TauriEventIo());
if (import.meta.hot) import.meta.hot.data.channel = channel;

const worker = createClient(plain, channel);

worker.greet("you", { loud: true }).then((text) => (document.title = text), console.error);
