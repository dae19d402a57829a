/**
 * A worker behind tauri-plugin-js 0.2, one of its named processes: all windows share it, and it
 * outlives a reload.
 *
 * The plugin is spoken to by its commands and events. It reads with `BufReader::lines()`, which strips
 * the newline; here it is put back.
 */

import { invoke } from "@tauri-apps/api/core";
import { listen } from "@tauri-apps/api/event";
import { toError } from "../errors.js";
import { RelayIo, withNewline } from "../relay-io.js";

/** What the plugin starts: a program, or a sidecar by its name in `externalBin`. */
export interface TauriPluginJsProcess {
  readonly command?: string;
  readonly sidecar?: string;
  readonly args?: readonly string[];
  readonly cwd?: string;
  /** Variables to add to the app's own. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Of events that carry a name, all windows get those of all processes. */
interface Named {
  readonly name: string;
}

export class TauriPluginJsIo extends RelayIo {
  readonly name: string = "tauri-plugin-js-io";
  readonly #process: string;
  readonly #config: TauriPluginJsProcess | undefined;

  /**
   * `process` is the name that the plugin knows the worker by. With `config`, `open` starts it unless
   * it runs already; without, the app does, before or after.
   */
  constructor(process: string, config?: TauriPluginJsProcess) {
    super();
    this.#process = process;
    this.#config = config;
  }

  protected async connect(): Promise<void> {
    await Promise.all([
      this.#on<{ data: string }>("stdout", ({ data }) => this.received(withNewline(data))),
      this.#on<{ data: string }>("stderr", ({ data }) => this.complained(withNewline(data))),
      this.#on<{ code: number | null }>("exit", ({ code }) => this.exited({ code })),
    ]);
    if (this.#config) await this.#spawn(this.#config);
  }

  protected send(text: string): Promise<void> {
    return invoke("plugin:js|write_stdin", { name: this.#process, data: text });
  }

  #on<T>(event: string, handler: (payload: T) => void): Promise<void> {
    return this.keep(
      listen<T & Named>(`js-process-${event}`, ({ payload }) => {
        if (payload.name === this.#process) handler(payload);
      }),
    );
  }

  async #spawn(config: TauriPluginJsProcess): Promise<void> {
    try {
      await invoke("plugin:js|spawn", { name: this.#process, config });
    } catch (thrown) {
      const { message } = toError(thrown);
      if (message === `process already exists: ${this.#process}`) return;
      throw new Error(`The worker could not be started: ${message}`);
    }
  }
}
