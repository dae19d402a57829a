import { expect, test } from "vitest";
import { Listeners } from "../src/listeners.js";

test("a name that nobody listens to any more leaves nothing behind", () => {
  const listeners = new Listeners(() => expect.unreachable());
  const heard: unknown[] = [];
  const undos = [1, 2].map((own) => listeners.add("a", (value) => heard.push([own, value])));
  const undoOther = listeners.add("b", () => expect.unreachable());
  listeners.tell("a", "both");
  undos[0]?.();
  undos[0]?.();
  listeners.tell("a", "second");
  expect(listeners.size).toBe(2);
  undos[1]?.();
  expect(listeners.size).toBe(1);
  listeners.add("a", (value) => heard.push([3, value]));
  undos[1]?.(); // It takes out nobody who came afterwards.
  listeners.tell("a", "third");
  listeners.tell("c", "nobody");
  undoOther();
  expect(listeners.size).toBe(1);
  expect(heard).toEqual([
    [1, "both"],
    [2, "both"],
    [2, "second"],
    [3, "third"],
  ]);
});
