/**
 * A worker as a child process of Node: for scripts, Electron's main process and tests.
 *
 * A worker learns from the end of its stdin that it should end; killing comes last.
 */

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { CloseReason, Receiver, Transport } from "../transport.js";
import { toError } from "../errors.js";
import { LastLines } from "../last-lines.js";

export interface NodeProcessOptions {
  readonly cwd?: string;
  /** Variables to add to this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * How long the worker may take to end once its stdin has, in milliseconds; then it is killed. By
   * default 9,000: a worker gives its handlers 5,000, and ends after 8,000 at the latest.
   */
  readonly graceMs?: number;
  /** Whether its stderr goes to ours as well. By default it does. */
  readonly forwardStderr?: boolean;
}

/** How long after a worker closed one of its pipes its exit, which says why, may follow. */
const EXIT_FOLLOWS_MS = 1000;

/** How long after the exit the last output may follow: a child of the worker can hold its pipes open. */
const OUTPUT_FOLLOWS_MS = 100;

export class NodeProcessIo implements Transport {
  /** Resolves when the process has ended, or could not be started; never rejects. */
  readonly exited: Promise<CloseReason>;
  readonly #start: () => ChildProcess;
  readonly #options: NodeProcessOptions;
  readonly #stderr = new LastLines();
  #resolveExited: (reason: CloseReason) => void = () => undefined;
  #child: ChildProcess | undefined;
  #receiver: Receiver | undefined;
  #timers: ReturnType<typeof setTimeout>[] = [];

  /**
   * `command` is a program, started by `open` with `args`, or a process that was started with pipes
   * for its stdin and stdout and of which nobody has read yet.
   */
  constructor(
    command: string | ChildProcess,
    args: readonly string[] = [],
    options: NodeProcessOptions = {},
  ) {
    this.#options = options;
    this.#start = (): ChildProcess =>
      typeof command !== "string"
        ? command
        : spawn(command, args, {
            cwd: options.cwd,
            // A worker that knows its host's process ends with it, even if the host is killed.
            env: { ...process.env, RPC_WORKER_HOST_PID: String(process.pid), ...options.env },
            stdio: "pipe",
            windowsHide: true,
          });
    this.exited = new Promise((resolve) => (this.#resolveExited = resolve));
  }

  open(receiver: Receiver): void {
    this.#receiver = receiver;
    let child: ChildProcess;
    try {
      child = this.#child = this.#start();
    } catch (thrown) {
      return this.#notStarted(toError(thrown)); // A name with a NUL, a cwd that is no folder.
    }
    const { stdin, stdout } = child;
    stdin?.on("error", () => this.#expectExit("The worker closed its stdin"));
    stdout?.on("end", () => this.#expectExit("The worker closed its stdout"));
    // The streams decode, and keep a character that is cut in two.
    stdout?.setEncoding("utf8").on("data", (text: string) => this.#receiver?.chunk(text));
    child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#onStderr(text));
    child.on("error", (error) => {
      if (child.pid === undefined) this.#notStarted(error);
    });
    child.once("exit", (exitCode, signal) => this.#onExit(exitCode, signal));
    child.once("close", (exitCode, signal) =>
      this.#exited({ message: "The worker exited", exitCode, signal }),
    );
    if (child.exitCode !== null || child.signalCode !== null)
      this.#onExit(child.exitCode, child.signalCode);
    if (child.pid !== undefined && !(stdin && stdout)) {
      throw new TypeError(
        "The worker's stdin and stdout must be pipes: spawn it with stdio: 'pipe'",
      );
    }
  }

  write(chunk: string): void | Promise<void> {
    const stdin = this.#child?.stdin;
    // A pipe that broke is no failure of this write: the exit that follows says why.
    if (!stdin || stdin.destroyed || stdin.write(chunk)) return;
    return new Promise((resolve) => {
      const done = (): void => {
        stdin.off("drain", done).off("close", done);
        resolve();
      };
      stdin.on("drain", done).on("close", done);
    });
  }

  close(): void {
    this.#receiver = undefined;
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined)
      return;
    child.stdin?.end();
    const grace = setTimeout(() => child.kill("SIGKILL"), this.#options.graceMs ?? 9000);
    child.once("exit", () => clearTimeout(grace));
  }

  #onStderr(text: string): void {
    this.#stderr.add(text);
    if (this.#options.forwardStderr ?? true) process.stderr.write(text);
  }

  #onExit(exitCode: number | null, signal: string | null): void {
    const reason = { message: "The worker exited", exitCode, signal };
    this.#timers.push(setTimeout(() => this.#exited(reason), OUTPUT_FOLLOWS_MS));
  }

  /** Ends the connection in a while, unless the exit comes first and says more. */
  #expectExit(message: string): void {
    const end = (): void => this.#receiver?.closed(this.#complete({ message }));
    this.#timers.push(setTimeout(end, EXIT_FOLLOWS_MS));
  }

  #notStarted({ message }: Error): void {
    this.#exited({ message: `The worker could not be started: ${message}` });
  }

  #exited(reason: CloseReason): void {
    for (const timer of this.#timers.splice(0)) clearTimeout(timer);
    // A child of the worker that holds the other ends must not keep us alive.
    for (const stream of this.#child?.stdio ?? []) stream?.destroy();
    const complete = this.#complete(reason);
    this.#receiver?.closed(complete);
    this.#resolveExited(complete);
  }

  #complete(reason: CloseReason): CloseReason {
    const stderr = this.#stderr.toString();
    return stderr ? { ...reason, stderr } : reason;
  }
}
