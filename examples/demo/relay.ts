/**
 * What Tauri is to a page, without Tauri: starts the relay of `examples/relay`, and passes its lines
 * on as events, which the real `listen` and `emit` of `@tauri-apps/api` hear and send.
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

import { emit, listen } from "@tauri-apps/api/event";
import { mockIPC } from "@tauri-apps/api/mocks";

export interface Relay {
  /** Closes the app, and resolves to the worker's exit code. */
  stop(): Promise<number | null>;
}

/** Starts a worker behind the relay, which stands in the project's folder, `root`. */
export async function startRelay(root: string, worker: readonly string[]): Promise<Relay> {
  Object.assign(globalThis, { window: globalThis });
  mockIPC(() => undefined, { shouldMockEvents: true });
  const relay = spawn(`${root}examples/relay/target/release/relay`, worker, {
    stdio: ["pipe", "pipe", "inherit"],
  });
  await once(relay, "spawn");
  relay.stdin.on("error", () => undefined); // A relay that is gone says so by its exit.
  const exited = once(relay, "exit").then(async ([code]: (number | null)[]) => {
    await emit("runtime-exit", code);
    return code ?? null;
  });
  createInterface(relay.stdout).on("line", (line) => void emit("runtime-stdout", JSON.parse(line)));
  await listen("frontend-to-runtime", ({ payload }) => {
    relay.stdin.write(`${JSON.stringify(payload)}\n`);
  });
  return {
    stop() {
      relay.stdin.end();
      return exited;
    },
  };
}
