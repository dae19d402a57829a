/** What a relay can tell a channel beside the worker's text, and what it is told. */

import { beforeEach, describe, expect, test, vi } from "vitest";
import { ChannelClosed, ErrorCode, SessionEnded, batch, createChannel } from "../src/index.js";
import type { Channel, CloseReason, Receiver, Transport } from "../src/index.js";
import { linkOf } from "../src/link.js";
import { failure, settle } from "./fake-worker.js";

/** Keeps what is written, with the session that wrote it. */
class Written implements Transport {
  readonly writes: [chunk: string, session: string | undefined][] = [];
  receiver!: Receiver;
  open(receiver: Receiver): void {
    this.receiver = receiver;
  }
  write(chunk: string, session?: string): void {
    this.writes.push([chunk, session]);
  }
  close(): void {}

  get session(): string | undefined {
    return this.writes.at(-1)?.[1];
  }

  say(message: object): void {
    this.receiver.chunk(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
  }
}

let io: Written;
let channel: Channel;
let errors: Error[];

/** Answers the last hello. */
async function greet(instance = "i1"): Promise<void> {
  await settle();
  expect(io.writes.at(-1)?.[0]).toContain('"method":"system.hello"');
  io.say({ id: `${io.session}:0`, result: { instance } });
}

beforeEach(async () => {
  io = new Written();
  errors = [];
  channel = createChannel(io, { onError: (error) => errors.push(error) });
  await greet();
});

const exit: CloseReason = { message: "The worker exited", exitCode: 1 };

test("each write names the session that it is of", async () => {
  void channel.call("a").catch(() => undefined);
  await settle();
  const [[hello, first], [call, second]] = io.writes as [[string, string], [string, string]];
  expect(first).toMatch(/^[\w-]{1,32}$/);
  expect(second).toBe(first);
  expect(hello).toContain(`"id":"${first}:0"`);
  expect(call).toContain(`"id":"${first}:1"`);
});

test("an exit with all that the worker said counts at once", async () => {
  const pending = failure(channel.call("a"));
  await settle();
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  io.receiver.exited(exit, true);
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
  const error = await pending;
  expect(error).toMatchObject({ name: "ChannelClosed", reason: exit });
  expect(await failure(channel.call("b"))).toBe(error);
  expect(errors).toEqual([error]);
  expect(channel.state).toBe("connecting");
});

describe("a worker that was started in the place of another", () => {
  test("has calls wait for it, and is said hello to", async () => {
    io.receiver.exited(exit, true);
    io.receiver.started();
    const waiting = channel.call("a");
    const { session } = io;
    await greet("i2");
    expect(io.session).toBe(session);
    await settle();
    io.say({ id: `${session}:1`, result: 7 });
    expect(await waiting).toBe(7);
    expect(channel.state).toBe("ready");
  });

  test("fails what waited for the other, if its exit did not count yet", async () => {
    const pending = failure(channel.call("a"));
    await settle();
    io.receiver.exited(exit);
    io.receiver.started();
    expect(await pending).toBeInstanceOf(SessionEnded);
    await greet("i2");
    expect(errors).toEqual([]);
  });

  test("may exit as well, and then that is why", async () => {
    io.receiver.exited(exit, true);
    io.receiver.started();
    const waiting = failure(channel.call("a"));
    io.receiver.exited({ message: "The worker exited", exitCode: 2 }, true);
    expect(await waiting).toMatchObject({ reason: { exitCode: 2 } });
    await settle();
    expect(io.writes).toHaveLength(1); // Its hello was not even written.
  });
});

test("a session that the relay has ended fails what is pending, and a new one begins", async () => {
  const lost = vi.fn();
  linkOf(channel).onLost(lost);
  const pending = failure(channel.call("a"));
  await settle();
  const { session } = io;
  io.receiver.sessionEnded("The window took none of 64 MiB for 5 s");
  const error = await pending;
  expect(error).toBeInstanceOf(SessionEnded);
  expect(error).toMatchObject({ message: "The window took none of 64 MiB for 5 s" });
  expect(lost.mock.calls).toEqual([[error]]);
  const waiting = channel.call("b");
  await greet();
  expect(io.session).not.toBe(session);
  await settle();
  io.say({ id: `${io.session}:2`, result: 7 });
  expect(await waiting).toBe(7);
  expect(errors).toEqual([]);
});

test("it may end the next before that was greeted", async () => {
  for (const message of ["first", "second"]) io.receiver.sessionEnded(message);
  await greet();
  expect(channel.state).toBe("ready");
});

describe("a line that was too long", () => {
  const tooLong = { name: "RpcError", code: ErrorCode.responseTooLarge };

  test("fails the call that it would have answered, and those of one batch", async () => {
    const [one, other] = [channel.call("a"), channel.call("b")];
    const both = batch(channel, () => [channel.call("c"), channel.call("d")]);
    await settle();
    const { session, receiver } = io;
    receiver.dropped({ head: `{"jsonrpc":"2.0","id":"${session}:1","result":"x`, length: 1e8 });
    receiver.dropped({ head: `[{"jsonrpc":"2.0","id":"${session}:3","result":"x`, length: 1e8 });
    for (const call of [one, ...both]) expect(await failure(call)).toMatchObject(tooLong);
    io.say({ id: `${session}:2`, result: 7 });
    expect(await other).toBe(7);
    expect(errors).toEqual([]);
  });

  test("that is another session's is none of ours; what answers nothing is reported", async () => {
    io.receiver.dropped({ head: '{"jsonrpc":"2.0","id":"other:1","result":"x', length: 1e8 });
    io.receiver.dropped({ head: '{"jsonrpc":"2.0","method":"changed","params":["x', length: 1e8 });
    await settle();
    expect(errors).toMatchObject([tooLong]);
    expect(errors[0]?.message).toMatch(
      /^A line from the worker is too long \(100000000 .*"changed"/,
    );
  });
});

test("once it is closed, nothing that the relay says brings it back", async () => {
  const { receiver, writes } = io;
  channel.destroy();
  await settle();
  const { length } = writes;
  receiver.started();
  receiver.sessionEnded("late");
  receiver.exited(exit, true);
  receiver.dropped({ head: "{", length: 1e8 });
  await settle();
  expect(writes).toHaveLength(length);
  expect(channel.state).toBe("closed");
  expect(await failure(channel.call("a"))).toBeInstanceOf(ChannelClosed);
  expect(errors).toEqual([]);
});
