/** The page of the probe: puts a client on the window, behind the relay that the address names. */

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { WebviewWindow } from "@tauri-apps/api/webviewWindow";
import { getCurrentWindow } from "@tauri-apps/api/window";
import { Command } from "@tauri-apps/plugin-shell";
import { RPCChannel } from "kkrpc/browser";
import { page } from "./rpc/page.js";
import { probe, Refused } from "./rpc/probe.js";
import { type Channel, createChannel, createClient, safe } from "./rpc/runtime/index.js";
import { TauriEventIo } from "./rpc/runtime/io/tauri-event.js";
import { TauriPluginJsIo } from "./rpc/runtime/io/tauri-plugin-js.js";
import { TauriShellIo } from "./rpc/runtime/io/tauri-shell.js";
import { TauriIo } from "./rpc/runtime/io/tauri.js";
import type { RelayIo } from "./rpc/runtime/relay-io.js";

const relays: Record<string, () => RelayIo> = {
  plugin: () => new TauriIo("probe"),
  event: () => new TauriEventIo(),
  shell: () => new TauriShellIo(Command.create("python", ["worker.py"])),
  js: () => new TauriPluginJsIo("probe", { command: "python", args: ["worker.py"] }),
};

const { label } = getCurrentWindow();
const asked: string[] = [];
const problems: string[] = [];

function connect(transport: RelayIo): Channel {
  return createChannel(transport, {
    expose: page({
      title: () => {
        asked.push(label);
        return label;
      },
    }),
    onError: (error) => problems.push(error.message),
  });
}

const io = new URLSearchParams(location.search).get("io") ?? "plugin";
const relay = relays[io];
if (!relay) throw new Error(`The probe has no relay that is called ${io}`);
const channel = connect(relay());
const worker = createClient(probe, channel);

/** A channel to another worker of the plugin. */
const connectTo = (name: string): Channel => connect(new TauriIo(name));

Object.assign(globalThis, {
  probe: {
    asked,
    channel,
    connectTo,
    invoke,
    io,
    label,
    listen,
    problems,
    Refused,
    relays,
    RPCChannel,
    safe,
    TauriIo,
    TauriPluginJsIo,
    WebviewWindow,
  },
  worker,
});
document.title = `probe: ${io}`;
