/** An app that uses the core alone. */

import { plain } from "./rpc/plain";
import { createChannel, createClient } from "./rpc/runtime";
import { TauriEventIo } from "./rpc/runtime/io/tauri-event";

const worker = createClient(plain, createChannel(new TauriEventIo()));

worker.greet("you", { loud: true }).then((text) => (document.title = text), console.error);
