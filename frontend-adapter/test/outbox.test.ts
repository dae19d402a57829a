import { expect, test, vi } from "vitest";
import { Outbox } from "../src/outbox.js";
import type { Session } from "../src/session.js";
import type { Transport } from "../src/transport.js";
import { settle } from "./fake-worker.js";
import { receiver } from "./receiver.js";

/** A transport that can only be written to. */
function writing(write: Transport["write"]): Transport {
  return { open: () => undefined, write, close: () => undefined };
}

const session = { name: "S" } as Session;

test("a chunk is at most 16 Mi characters long, or one line", async () => {
  const MI = 1024 * 1024;
  const chunks: string[] = [];
  const outbox = new Outbox(
    writing((chunk) => void chunks.push(chunk)),
    session,
    () => expect.unreachable(),
  );
  const lines = [1, 20, 8, 8, 7, 1, 1].map((size, index) => String(index).repeat(size * MI - 1));
  for (const line of lines) outbox.add(line);
  await outbox.open(receiver({}));
  await settle();
  expect(chunks.map(({ length }) => length / MI)).toEqual([1, 20, 16, 9]);
  expect(chunks.join("") === lines.map((line) => `${line}\n`).join("")).toBe(true);
});

test("a chunk that cannot be written is lost, and what comes after it is written", async () => {
  const chunks: string[] = [];
  const failures: unknown[] = [];
  const outbox = new Outbox(
    writing((chunk) =>
      chunk === "a\n" ? Promise.reject(new Error("no")) : void chunks.push(chunk),
    ),
    session,
    (thrown) => failures.push(String(thrown)),
  );
  outbox.add("a");
  await outbox.open(receiver({}));
  await Promise.resolve();
  outbox.add("b");
  await settle();
  outbox.add("c");
  await settle();
  expect([chunks, failures]).toEqual([["b\n", "c\n"], ["Error: no"]]);
});

test("a line that is a function is asked when it is written, once", async () => {
  const chunks: string[] = [];
  let written: () => void = () => undefined;
  const outbox = new Outbox(
    writing((chunk) => {
      chunks.push(chunk);
      return new Promise((resolve) => (written = resolve));
    }),
    session,
    () => expect.unreachable(),
  );
  outbox.add("first");
  await outbox.open(receiver({}));
  await settle();
  let text = "early";
  const asked = vi.fn(() => text);
  outbox.add(asked);
  outbox.add("last");
  text = "late";
  written();
  await settle();
  written();
  await settle();
  expect(chunks).toEqual(["first\n", "late\nlast\n"]);
  expect(asked).toHaveBeenCalledTimes(1);
});

test("a last line takes the place of what waits, after the write that is under way", async () => {
  const chunks: string[] = [];
  let written: () => void = () => undefined;
  const outbox = new Outbox(
    writing((chunk) => {
      chunks.push(chunk);
      return new Promise((resolve) => (written = resolve));
    }),
    session,
    () => undefined,
  );
  outbox.add("first");
  await outbox.open(receiver({}));
  await settle();
  outbox.add("second");
  let ended = false;
  const end = outbox.close("last").then(() => (ended = true));
  written();
  await settle();
  expect([chunks, ended]).toEqual([["first\n", "last\n"], false]);
  written();
  await end;
});

test("a last line before writing has begun is not written, not even later", async () => {
  const write = vi.fn();
  const outbox = new Outbox(writing(write), session, () => undefined);
  outbox.add("first");
  await outbox.close("last");
  await outbox.open(receiver({}));
  await settle();
  expect(write).not.toHaveBeenCalled();
});
