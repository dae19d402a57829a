/** An app that has dates, and nothing else that is converted. */

import { dated } from "./rpc/dated";
import { createChannel, createClient } from "./rpc/runtime";
import { TauriEventIo } from "./rpc/runtime/io/tauri-event";

const worker = createClient(dated, createChannel(new TauriEventIo()));

worker.now().then((now) => (document.title = now.toISOString()), console.error);
