/**
 * What the Tauri plugin `rpc-worker` tells a page: how its workers are, what it refuses, and the messages
 * of its channel. Types alone, so that who does not use the plugin carries none of it.
 */

/** How a worker is, as the plugin knows it. */
export interface WorkerStatus {
  readonly worker: string;
  /**
   * `stopped`: it was never started, or was asked to end and has. `starting`: it has said nothing
   * yet. `exited`: it ended by itself, or could not be started.
   */
  readonly state: "stopped" | "starting" | "running" | "stopping" | "exited";
  /** Null while there is no process: `starting` comes once without and once with it. */
  readonly pid: number | null;
  /** When it came into this state, in milliseconds since 1970. */
  readonly since: number;
  /** How the last one ended; null while one runs, and before the first. */
  readonly exit: WorkerExit | null;
}

export interface WorkerExit {
  readonly code: number | null;
  /** The signal that ended it: `SIGKILL`. */
  readonly signal: string | null;
  /** The last lines of its stderr. */
  readonly stderr: string;
  /** Why it could not be started, if that is so: a sentence. */
  readonly error: string | null;
}

/** A Python that the plugin has looked for on this machine. */
export interface PythonRuntime {
  /** `venv`, `python`, `python3`, `py` or `uv`. */
  readonly name: string;
  readonly available: boolean;
  readonly path: string | null;
  readonly version: string | null;
  /** Whether the app's author has named its path. */
  readonly overridden: boolean;
}

export interface PythonRuntimes {
  readonly runtimes: readonly PythonRuntime[];
  /** The paths that the app's author has named. */
  readonly overrides: Readonly<Record<string, string>>;
}

/** What the plugin does not do. */
export interface Refusal extends Error {
  /** Its kind, for code to tell apart; absent if Tauri refused, for want of a permission. */
  readonly kind?:
    | "unknownWorker"
    | "notAllowed"
    | "badSession"
    | "badText"
    | "notAttached"
    | "notRunning"
    | "startFailed"
    | "notEnded"
    | "config";
}

/** Whole lines of stdout, as text or UTF-8, or what has a type. */
export type PluginMessage =
  | string
  | ArrayBuffer
  | ({ readonly type: "state" } & WorkerStatus)
  | { readonly type: "stderr"; readonly text: string }
  | { readonly type: "dropped"; readonly head: string; readonly bytes: number }
  | { readonly type: "detached"; readonly session: string; readonly message: string };
