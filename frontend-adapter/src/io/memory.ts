/**
 * Two transports that are each other's worker, in memory: for tests, and for a worker in the page.
 *
 * A chunk arrives in a later microtask, never inside the write, as it is with a real relay.
 */

import type { CloseReason, Receiver, Transport } from "../transport.js";

/** Makes a connected pair. What is written before the other side opens is kept for it. */
export function memoryPair(): [Transport, Transport] {
  const left = new MemoryEnd();
  const right = new MemoryEnd();
  left.peer = right;
  right.peer = left;
  return [left, right];
}

class MemoryEnd implements Transport {
  peer: MemoryEnd | undefined;
  #receiver: Receiver | undefined;
  #kept: string[] = [];
  #ended: CloseReason | undefined;

  open(receiver: Receiver): void {
    this.#receiver = receiver;
    queueMicrotask(() => this.#deliver());
  }

  write(chunk: string): void {
    this.peer?.take(chunk);
  }

  close(): void {
    this.#receiver = undefined;
    this.peer?.end({ message: "The other side was closed" });
  }

  /** The other side wrote. */
  take(chunk: string): void {
    this.#kept.push(chunk);
    queueMicrotask(() => this.#deliver());
  }

  /** The other side closed. */
  end(reason: CloseReason): void {
    this.#ended ??= reason;
    queueMicrotask(() => this.#deliver());
  }

  #deliver(): void {
    const receiver = this.#receiver;
    if (!receiver) return;
    for (const chunk of this.#kept.splice(0)) receiver.chunk(chunk);
    if (!this.#ended) return;
    this.#receiver = undefined;
    receiver.closed(this.#ended);
  }
}
