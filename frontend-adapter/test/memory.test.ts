import { expect, test } from "vitest";
import { memoryPair } from "../src/io/memory.js";
import type { Receiver } from "../src/transport.js";
import { settle } from "./fake-worker.js";
import { receiver } from "./receiver.js";

function notebook(): Receiver & { readonly log: string[] } {
  const log: string[] = [];
  return {
    log,
    ...receiver({
      chunk: (text) => log.push(text),
      closed: (reason) => log.push(`closed: ${reason?.message}`),
    }),
  };
}

test("what one side writes, the other receives: in order, and not within the write", async () => {
  const [left, right] = memoryPair();
  const [a, b] = [notebook(), notebook()];
  void left.open(a);
  void right.open(b);
  void left.write("1");
  void left.write("2");
  void right.write("3");
  expect([a.log, b.log]).toEqual([[], []]);
  await settle();
  expect([a.log, b.log]).toEqual([["3"], ["1", "2"]]);
});

test("what is written before the other side opens is kept, and so is the end", async () => {
  const [left, right] = memoryPair();
  void left.open(notebook());
  void left.write("1");
  left.close();
  const late = notebook();
  void right.open(late);
  await settle();
  expect(late.log).toEqual(["1", "closed: The other side was closed"]);
});

test("a side that was closed receives nothing", async () => {
  const [left, right] = memoryPair();
  const a = notebook();
  void left.open(a);
  void right.open(notebook());
  void right.write("1");
  left.close();
  void right.write("2");
  await settle();
  expect(a.log).toEqual([]);
});
