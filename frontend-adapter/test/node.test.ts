import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test, vi } from "vitest";
import { NodeProcessIo } from "../src/io/node.js";
import type { NodeProcessOptions } from "../src/io/node.js";
import { ChannelClosed, createChannel } from "../src/index.js";
import type { Channel } from "../src/index.js";
import { failure } from "./fake-worker.js";

const WORKER = fileURLToPath(new URL("worker.mjs", import.meta.url));

const started: { io: NodeProcessIo; channel: Channel }[] = [];

function start(options: NodeProcessOptions = {}): { io: NodeProcessIo; channel: Channel } {
  const io = new NodeProcessIo(process.execPath, [WORKER], { forwardStderr: false, ...options });
  const pair = { io, channel: createChannel(io) };
  started.push(pair);
  return pair;
}

afterEach(async () => {
  for (const { channel, io } of started.splice(0)) {
    channel.destroy();
    await io.exited;
  }
});

describe("a worker in a child process", () => {
  test("is called", async () => {
    const { channel } = start();
    expect(await channel.call("echo", ["\u2028 straße \ud83d\ude00"])).toBe(
      "\u2028 straße \ud83d\ude00",
    );
  });

  test("whose characters come cut in pieces", async () => {
    expect(await start().channel.call("split", ["straße \ud83d\ude00"])).toBe(
      "straße \ud83d\ude00",
    );
  });

  test("takes and gives more than a pipe holds", async () => {
    const text = "0123456789abcdef".repeat(256 * 1024);
    const { channel } = start();
    expect(
      await Promise.all([channel.call("echo", [text]), channel.call("echo", ["after"])]),
    ).toEqual([text, "after"]);
  });

  test("knows its host, and the variables that it is given", async () => {
    const { channel } = start({ env: { GIVEN: "yes" } });
    const names = ["RPC_WORKER_HOST_PID", "GIVEN", "PATH"];
    const values = await Promise.all(names.map((name) => channel.call("environment", [name])));
    expect(values).toEqual([String(process.pid), "yes", process.env["PATH"]]);
  });

  test("can be one that was started elsewhere", async () => {
    const child = spawn(process.execPath, [WORKER], { stdio: "pipe" });
    const io = new NodeProcessIo(child, [], { forwardStderr: false });
    const channel = createChannel(io);
    started.push({ io, channel });
    expect(await channel.call("pid")).toBe(child.pid);
  });
});

describe("its end", () => {
  test.each([
    ["an exit", "exit", [3], { message: "The worker exited", exitCode: 3, signal: null }],
    ["a signal", "kill", [], { message: "The worker exited", exitCode: null, signal: "SIGKILL" }],
    [
      "an exit with its last words",
      "complain",
      ["Traceback:\nValueError: x\n", 1],
      {
        message: "The worker exited",
        exitCode: 1,
        signal: null,
        stderr: "Traceback:\nValueError: x",
      },
    ],
    [
      "an exit that leaves a child with its pipes",
      "orphan",
      [4],
      { message: "The worker exited", exitCode: 4, signal: null },
    ],
    ["no stdout any more", "closeStdout", [], { message: "The worker closed its stdout" }],
  ])("%s fails what is pending", async (_name, method, params, reason) => {
    const { channel } = start({ graceMs: 100 });
    const error = await failure(channel.call(method, params));
    expect(error).toBeInstanceOf(ChannelClosed);
    expect(await channel.closed).toEqual(reason);
  });

  test("a program that is not there", async () => {
    const io = new NodeProcessIo("/nowhere/python");
    const channel = createChannel(io);
    expect(await failure(channel.call("a"))).toMatchObject({
      message: "The worker could not be started: spawn /nowhere/python ENOENT",
    });
    expect(await io.exited).toEqual({
      message: "The worker could not be started: spawn /nowhere/python ENOENT",
    });
  });

  test.each([
    ["a name that cannot be one", "a\0b", {}, /could not be started: .*null bytes/],
    ["a folder that is none", process.execPath, { cwd: WORKER }, /could not be started: spawn/],
  ])("%s", async (_name, command, options, message) => {
    const io = new NodeProcessIo(command, [], options);
    const channel = createChannel(io);
    const error = await failure(channel.call("a"));
    expect(error).toMatchObject({ message: expect.stringMatching(message) as string });
    expect(await io.exited).toBe((error as ChannelClosed).reason);
  });

  test("a process without pipes", async () => {
    const child = spawn(process.execPath, ["-e", ""], { stdio: "ignore" });
    const io = new NodeProcessIo(child);
    const channel = createChannel(io);
    expect(await channel.closed).toEqual({
      message: "The worker's stdin and stdout must be pipes: spawn it with stdio: 'pipe'",
    });
    expect(await io.exited).toMatchObject({ message: "The worker exited", exitCode: 0 });
  });

  test("a child of the worker that holds its pipes does not hold us", async () => {
    const child = spawn(process.execPath, [WORKER], { stdio: "pipe" });
    const channel = createChannel(new NodeProcessIo(child, [], { forwardStderr: false }));
    await failure(channel.call("orphan", [4]));
    expect(child.stdio.map((stream) => stream?.destroyed).slice(0, 3)).toEqual([true, true, true]);
  });

  test("destroyed: its stdin ends, and it ends by itself", async () => {
    const { channel, io } = start();
    await channel.call("echo", [1]);
    channel.destroy();
    expect(await io.exited).toMatchObject({ exitCode: 0 });
  });

  test("destroyed: one that goes on is killed after the grace", async () => {
    const { channel, io } = start({ graceMs: 100 });
    await channel.call("linger");
    channel.destroy();
    expect(await io.exited).toMatchObject({ signal: "SIGKILL" });
  });
});

test("stderr goes to ours unless it is kept", async () => {
  const write = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  for (const forwardStderr of [true, false]) {
    await failure(
      start({ forwardStderr }).channel.call("complain", [`heard: ${forwardStderr}`, 0]),
    );
  }
  const written = write.mock.calls.map(([text]) => text);
  write.mockRestore();
  expect(written).toEqual(["heard: true"]);
});
