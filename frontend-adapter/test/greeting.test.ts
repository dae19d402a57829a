import { expect, test } from "vitest";
import { Contracts } from "../src/greeting.js";
import type { Greeting } from "../src/greeting.js";

/** What is reported of a worker that says this. */
function compared(contracts: Contracts, greeting: Greeting): string[] {
  const messages: string[] = [];
  contracts.compare(greeting, ({ message }) => messages.push(message));
  return messages;
}

test("of the digests that a contract has with several workers, one is enough; each is told once", () => {
  const contracts = new Contracts();
  const named = (name: string, contract: string | string[]): unknown =>
    contracts.add({ name, contract, regenerate: "rpc-worker generate x" });
  const mismatches = (contract: unknown): string[] => compared(contracts, { contract });
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
  contracts.add({ name: "BackendAPI", contract: "c1", regenerate: "rpc-worker generate x" });
  const [mismatch] = compared(contracts, { name, contract: "c2" });
  expect(mismatch).toContain(`BackendAPI: ${said}, `);
});
