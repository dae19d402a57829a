import { describe, expect, test, vi } from "vitest";
import * as errors from "../src/errors.js";

const { ChannelClosed, RpcError, SessionEnded, WorkerStartError } = errors;

function examples({
  ChannelClosed,
  RpcError,
  SessionEnded,
  WorkerStartError,
}: typeof errors): Error[] {
  return [
    new RpcError(4004, "There is no such file.", { path: "/x" }),
    new SessionEnded("ended"),
    new ChannelClosed({ message: "gone" }),
    new WorkerStartError("no module named x", { type: "ModuleNotFoundError" }),
  ];
}

const classes = [RpcError, SessionEnded, ChannelClosed, WorkerStartError];

test("code, message and data", () => {
  const error = new RpcError(4004, "There is no such file.", { path: "/x" });
  expect({ ...error }).toEqual({ code: 4004, data: { path: "/x" } });
  expect(String(error)).toBe("RpcError: There is no such file.");
  expect(error.stack).toMatch(/^RpcError: There is no such file\./);
});

describe("instanceof", () => {
  test("tells the classes apart", () => {
    const table = examples(errors).map((error) => classes.map((type) => error instanceof type));
    expect(table).toEqual(classes.map((_, row) => classes.map((_, column) => row === column)));
    expect(examples(errors).every((error) => error instanceof Error)).toBe(true);
  });

  test("holds for errors that another copy of the runtime made", async () => {
    vi.resetModules();
    const copy = await import("../src/errors.js");
    expect(copy.RpcError).not.toBe(RpcError);
    const table = examples(copy).map((error) => classes.map((type) => error instanceof type));
    expect(table).toEqual(classes.map((_, row) => classes.map((_, column) => row === column)));
  });

  test("of a subclass is the ordinary one", () => {
    class NotFound extends RpcError {
      constructor(code: number, message: string) {
        super(code, message);
        this.name = "NotFound";
      }
    }
    expect(new NotFound(4004, "no") instanceof RpcError).toBe(true);
    expect(new NotFound(4004, "no") instanceof NotFound).toBe(true);
    expect(new RpcError(4004, "no") instanceof NotFound).toBe(false);
  });

  test.each([null, undefined, 3, "RpcError", {}, new Error("x"), Object.create(null)])(
    "is false for %o",
    (value) => {
      expect(classes.some((type) => (value as object) instanceof type)).toBe(false);
    },
  );
});

test.each([
  [{ message: "The worker exited" }, "The worker exited"],
  [{ message: "The worker exited", exitCode: 0 }, "The worker exited (exit code 0)"],
  [
    { message: "The worker exited", exitCode: null, signal: "SIGKILL" },
    "The worker exited (SIGKILL)",
  ],
  [
    {
      message: "The worker exited",
      exitCode: 1,
      signal: null,
      stderr: "Traceback:\nValueError: x",
    },
    "The worker exited (exit code 1). The last lines of its stderr:\nTraceback:\nValueError: x",
  ],
])("a closed channel says why: %o", (reason, message) => {
  const error = new ChannelClosed(reason);
  expect(error.message).toBe(message);
  expect(error.reason).toBe(reason);
});
