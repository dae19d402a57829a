/**
 * vscode-jsonrpc, the library of the Language Server Protocol, calls a worker: with its own cancel and
 * progress, and no code of ours on its side but the framing, which it leaves to its users.
 */

import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  AbstractMessageReader,
  AbstractMessageWriter,
  CancellationTokenSource,
  NotificationType,
  ProgressType,
  ResponseError,
  createMessageConnection,
} from "vscode-jsonrpc/node";
import type { DataCallback, Disposable, Message, MessageConnection } from "vscode-jsonrpc/node";
import { failure } from "./fake-worker.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PYTHON = process.env["RPC_WORKER_PYTHON"] ?? `${ROOT}.venv/bin/python`;

/** One JSON text a line, where the library itself has headers. */
class LineReader extends AbstractMessageReader {
  readonly #worker: ChildProcessWithoutNullStreams;

  constructor(worker: ChildProcessWithoutNullStreams) {
    super();
    this.#worker = worker;
  }

  listen(callback: DataCallback): Disposable {
    const lines = createInterface({ input: this.#worker.stdout });
    lines.on("line", (line) => callback(JSON.parse(line) as Message));
    lines.on("close", () => this.fireClose());
    return { dispose: () => lines.close() };
  }
}

class LineWriter extends AbstractMessageWriter {
  readonly #worker: ChildProcessWithoutNullStreams;

  constructor(worker: ChildProcessWithoutNullStreams) {
    super();
    this.#worker = worker;
  }

  write(message: Message): Promise<void> {
    return new Promise((resolve) =>
      this.#worker.stdin.write(`${JSON.stringify(message)}\n`, () => resolve()),
    );
  }

  end(): void {
    this.#worker.stdin.end();
  }
}

let worker: ChildProcessWithoutNullStreams;
let connection: MessageConnection;
let exit: Promise<unknown[]>;

beforeEach(() => {
  worker = spawn(PYTHON, ["-m", "tests.interop.worker"], { cwd: ROOT });
  worker.stderr.pipe(process.stderr);
  exit = once(worker, "exit");
  connection = createMessageConnection(new LineReader(worker), new LineWriter(worker));
  // What is pending then fails.
  connection.onClose(() => connection.dispose());
});

afterEach(async () => {
  worker.stdin.end();
  expect(await exit).toEqual([0, null]);
});

test("it calls, by position and by name", async () => {
  connection.listen();
  expect(await connection.sendRequest("subtract", 42, 23)).toBe(19);
  expect(await connection.sendRequest("subtract", { subtrahend: 23, minuend: 42 })).toBe(19);
  const error = await failure(connection.sendRequest("open", "/nowhere"));
  expect(error).toBeInstanceOf(ResponseError);
  expect(error).toMatchObject({ code: 4004, data: { path: "/nowhere" } });
});

test("its CancellationToken cancels a call, which is answered -32800", async () => {
  connection.listen();
  const source = new CancellationTokenSource();
  const call = failure(connection.sendRequest("wait", source.token));
  expect(await connection.sendRequest("nothing")).toBe(null);
  source.cancel();
  expect(await call).toMatchObject({ code: -32800 });
});

test.each(["token", 0])("its ProgressType hears the progress of the token %j", async (token) => {
  connection.listen();
  const values: number[] = [];
  const heard = connection.onProgress(new ProgressType<number>(), token, (value) => {
    values.push(value);
  });
  expect(await connection.sendRequest("work", 3, token)).toBe(3);
  expect(values).toEqual([1, 2, 3]);
  heard.dispose();
});

test("it answers what the worker asks, and learns that the worker does not ask any more", async () => {
  const withdrawn: string[] = [];
  connection.onRequest("confirm", (question: string, token) => {
    if (question !== "never") return question === "sure?";
    return new Promise(() => token.onCancellationRequested(() => withdrawn.push(question)));
  });
  connection.listen();
  expect(await connection.sendRequest("askFrontend", "sure?")).toBe(true);
  const source = new CancellationTokenSource();
  const call = failure(connection.sendRequest("askFrontend", "never", source.token));
  expect(await connection.sendRequest("askFrontend", "no?")).toBe(false);
  source.cancel();
  expect(await call).toMatchObject({ code: -32800 });
  expect(withdrawn).toEqual(["never"]);
});

test("it hears events", async () => {
  const changed = new NotificationType<string>("changed");
  const values: string[] = [];
  connection.onNotification(changed, (value) => void values.push(value));
  connection.listen();
  expect(await connection.sendRequest("change", "a")).toBe(null);
  expect(values).toEqual(["a"]);
});
