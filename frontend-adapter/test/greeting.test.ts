import { expect, test } from "vitest";
import { Contracts, batchLines, readGreeting } from "../src/greeting.js";

test("limits that a worker does not tell are the protocol's defaults", () => {
  const MIB = 1024 * 1024;
  const defaults = { batchEntries: 10_000, messageBytes: 64 * MIB, responseBytes: 64 * MIB };
  expect(readGreeting(null)).toMatchObject(defaults);
  expect(readGreeting({ limits: { batchEntries: "many" } })).toMatchObject(defaults);
  const told = { batchEntries: 1, messageBytes: 2, responseBytes: 3 };
  expect(readGreeting({ limits: told })).toMatchObject(told);
});

test("a batch that no text could hold goes singly, whatever the worker takes", () => {
  const requests = Array.from({ length: 10 }, () => "x".repeat(60_000_000));
  const greeting = readGreeting({ limits: { messageBytes: 2 ** 40 } });
  expect(batchLines(requests, greeting)).toBe(requests);
  expect(batchLines(["1", "2"], greeting)).toEqual(["[1,2]"]);
});

test("of the digests that a contract has with several workers, one is enough; each is told once", () => {
  const contracts = new Contracts();
  const named = (name: string, contract: string | string[]): void =>
    contracts.expect({ name, contract, regenerate: "rpc-worker generate x" });
  const mismatches = (contract: unknown): string[] =>
    contracts.mismatches({ ...readGreeting({}), contract }).map(({ message }) => message);
  named("FrontendAPI", ["c1", "c2"]);
  named("BackendAPI", "c1");
  expect(mismatches(undefined)).toEqual([]);
  expect(mismatches("c1")).toEqual([]);
  expect(mismatches("c3")).toEqual([
    "FrontendAPI: the worker serves the contract c3, this client is made from c1 or c2. Either this is the wrong worker, or make the client again: rpc-worker generate x",
  ]);
  expect(mismatches("c3")).toEqual([]);
  expect(mismatches("c2")).toHaveLength(1);
});

test.each([
  ["NotesAPI", "the worker NotesAPI serves the contract c2"],
  [5, "the worker serves the contract c2"],
])("a worker of another contract is called as it calls itself: %j", (name, said) => {
  const contracts = new Contracts();
  contracts.expect({ name: "BackendAPI", contract: "c1", regenerate: "rpc-worker generate x" });
  const [mismatch] = contracts.mismatches(readGreeting({ name, contract: "c2" }));
  expect(mismatch?.message).toContain(`BackendAPI: ${said}, `);
});
