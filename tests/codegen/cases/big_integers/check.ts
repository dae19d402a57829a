import type { Account, BigIntegers } from "./big-integers.js";

export async function check(client: BigIntegers): Promise<void> {
  const factorial: bigint = await client.factorial(100);
  const account: Account = await client.transfer({ number: BigInt(1) }, factorial, {
    fee: BigInt("12345678901234567890"),
  });
  const balance: bigint | null = account.balance;
  const sums: Record<string, bigint> = await client.sums([factorial]);
  // @ts-expect-error: a number is no bigint
  await client.sums([1]);
  // @ts-expect-error: nor is a text of digits
  await client.transfer({ number: "1" }, factorial);
  // @ts-expect-error: a plain int is a number
  await client.factorial(BigInt(100));
  // @ts-expect-error: the two are not added
  const sum = factorial + account.limit;
  console.log(balance, sums, sum);
}
