/**
 * The types of `contract.py` as the tests use them. What the generator writes of it is made when they
 * run, and compared with these.
 */

import type { CallOptions, EventFeed, IncomingCall, Stream } from "../../src/index.js";

type Numbers = AsyncIterable<number> | Iterable<number>;

export interface Backend {
  noted(fact: string): Promise<void>;
  pid(): Promise<number>;
  session(): Promise<string | null>;
  rest(name: string, options?: CallOptions): Promise<void>;
  restInThread(name: string, options?: CallOptions): Promise<void>;
  restInProcess(port: number, options?: CallOptions): Promise<void>;
  count(
    name: string,
    to: number,
    options?: { then?: "end" | "wait" | "break" | undefined } & CallOptions,
  ): Stream<number>;
  countInThread(name: string, to: number, options?: CallOptions): Stream<number>;
  reached(name: string): Promise<number>;
  take(numbers: Numbers, most: number, options?: CallOptions): Promise<number[]>;
  total(numbers: Numbers, options?: CallOptions): Promise<number>;
  work(
    steps: number,
    options?: { onProgress?: ((value: number) => void) | undefined } & CallOptions,
  ): Promise<number>;
  ask(
    questions: string[],
    answer: (question: string) => number | Promise<number>,
    options?: CallOptions,
  ): Promise<number[]>;
  judge(
    numbers: Numbers,
    answer: (number: number) => number | Promise<number>,
    options?: { onProgress?: ((value: number) => void) | undefined } & CallOptions,
  ): Promise<number[]>;
  tell(texts: string[], hear: (text: string) => void): Promise<number>;
  confirmed(question: string): Promise<boolean>;
  pondered(question: string, options?: CallOptions): Promise<string>;
  picked(name: string, most: number): Promise<number[]>;
  descend(depth: number): Promise<number>;
  announce(text: string, options?: { here?: boolean | undefined }): Promise<void>;
  speak(text: string): Promise<void>;
  readonly said: EventFeed<string>;
}

export interface Frontend {
  confirm(question: string, call: IncomingCall): boolean | Promise<boolean>;
  ponder(question: string, call: IncomingCall): string | Promise<string>;
  descend(depth: number, call: IncomingCall): number | Promise<number>;
  numbers(name: string, call: IncomingCall): Numbers;
}
