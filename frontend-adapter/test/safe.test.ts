/** Calls that know their errors, and what `safe` makes of them. */

import { runInNewContext } from "node:vm";
import { describe, expect, expectTypeOf, test } from "vitest";
import {
  ChannelClosed,
  RpcError,
  SessionEnded,
  Thrown,
  WorkerStartError,
  safe,
} from "../src/index.js";
import type { Call, CallError } from "../src/index.js";
import { greeted } from "./greeted.js";
import { Full, Locked, NotFound } from "./declared/photos.types.js";

interface Photos {
  size(path: string, options?: { readonly signal?: AbortSignal }): Call<number, NotFound | Locked>;
  clear(): Call<void>;
}

const members = {
  size: { method: "size", params: ["path"], raises: [[NotFound], [Locked]] as const },
  clear: { method: "clear", params: [] },
};

describe("safe", () => {
  test("returns a value", async () => {
    const { client, worker } = await greeted<Photos>(members);
    const outcome = safe(client.size("/x"));
    worker.answer((await worker.message()).id, 7);
    expect(await outcome).toEqual([null, 7]);
  });

  test("returns a declared error", async () => {
    const { client, worker } = await greeted<Photos>(members);
    const outcome = safe(client.size("/x"));
    worker.refuse((await worker.message()).id, 4004, "no", { path: "/x" });
    const [error, value] = await outcome;
    expect(error).toBeInstanceOf(NotFound);
    expect(value).toBeUndefined();
  });

  test.each([null, undefined, 0, "", false, "enough", { because: 1 }, Object.create(null)])(
    "loses nothing of an abort's reason: %j",
    async (reason) => {
      const { client } = await greeted<Photos>(members);
      const controller = new AbortController();
      const outcome = safe(client.size("/x", { signal: controller.signal }));
      controller.abort(reason);
      const [error, value] = await outcome;
      // Without a reason, there is one.
      if (reason === undefined) expect(error).toMatchObject({ name: "AbortError" });
      else {
        expect(error).toBeInstanceOf(Thrown);
        expect((error as Thrown).value).toBe(reason);
        expect(typeof (error as Thrown).message).toBe("string");
      }
      expect(value).toBeUndefined();
    },
  );

  test("says what was thrown", async () => {
    const [error] = await safe(Promise.reject("enough"));
    expect(String(error)).toBe("Thrown: enough");
  });

  test("returns errors as they are, another window's too", async () => {
    const foreign: unknown = runInNewContext("new RangeError('far')");
    expect(foreign instanceof Error).toBe(false);
    const errors = [
      new RangeError("near"),
      foreign,
      new DOMException("no", "AbortError"),
      new SessionEnded("over"),
    ];
    for (const error of errors) expect((await safe(Promise.reject(error)))[0]).toBe(error);
  });

  test("takes any promise, and what is like one", async () => {
    expect(await safe(Promise.resolve("x"))).toEqual([null, "x"]);
    expect(await safe({ then: (take: (value: number) => void) => take(3) } as never)).toEqual([
      null,
      3,
    ]);
    const broken = {
      then: () => {
        throw new RangeError("broken");
      },
    };
    expect(await safe(broken as never)).toEqual([new RangeError("broken"), undefined]);
  });
});

// What follows is checked by the compiler, and not run.
export async function types(photos: Photos, path: string): Promise<unknown> {
  const [error, size] = await safe(photos.size(path));
  if (error) {
    expectTypeOf(error).toEqualTypeOf<NotFound | Locked | CallError>();
    expectTypeOf(size).toEqualTypeOf<undefined>();
    if (error instanceof NotFound)
      return expectTypeOf(error.data).toEqualTypeOf<{ path: string }>();
    if (error instanceof Locked) return expectTypeOf(error.data).toEqualTypeOf<{ since: Date }>();
    if (error instanceof SessionEnded) return expectTypeOf(error).toEqualTypeOf<SessionEnded>();
    if (error instanceof ChannelClosed) return error.reason.message;
    if (error instanceof WorkerStartError) return error.details;
    if (error instanceof RpcError) return expectTypeOf(error.data).toEqualTypeOf<unknown>();
    if (error instanceof Thrown) return error.value;
    if (error instanceof DOMException) return expectTypeOf(error).toEqualTypeOf<DOMException>();
    return expectTypeOf(error.message).toEqualTypeOf<string>();
  }
  expectTypeOf(error).toEqualTypeOf<null>();
  expectTypeOf(size).toEqualTypeOf<number>();
  return size;
}

export async function compared(photos: Photos): Promise<void> {
  const [error, size] = await safe(photos.size("/x"));
  if (error === null) expectTypeOf(size).toEqualTypeOf<number>();
  if (error !== null) expectTypeOf(size).toEqualTypeOf<undefined>();
  // @ts-expect-error: it may have failed
  size.toFixed();
  const [failed, nothing] = await safe(photos.clear());
  expectTypeOf(nothing).toEqualTypeOf<void | undefined>();
  expectTypeOf(failed).toEqualTypeOf<CallError | null>();
  // @ts-expect-error: that has no data of a photo's
  failed?.data.path;
}

export function calls(photos: Photos): void {
  expectTypeOf(photos.size("/x")).toExtend<Promise<number>>();
  expectTypeOf<Awaited<Call<number, NotFound>>>().toEqualTypeOf<number>();
  expectTypeOf(safe(Promise.resolve(1))).resolves.toEqualTypeOf<
    [error: null, value: number] | [error: CallError, value: undefined]
  >();
  expectTypeOf(safe(photos.clear())).resolves.toEqualTypeOf<
    [error: null, value: void] | [error: CallError, value: undefined]
  >();

  // A page's stand-in for the worker needs no more than promises.
  const standIn: Photos = { size: async () => 1, clear: async () => undefined };
  const more: Call<number, NotFound | Locked> = photos.size("/x") as Call<number, NotFound>;
  // @ts-expect-error: it fails with more than that
  const less: Call<number, NotFound> = photos.size("/x");
  // @ts-expect-error: a call's value has a type
  const other: Call<string, NotFound | Locked> = photos.size("/x");
  // @ts-expect-error: nothing to wait for
  void safe(3);
  void [standIn, more, less, other, Full];
}
