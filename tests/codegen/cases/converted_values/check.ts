import type { ConvertedValues, Deep, DeepInput } from "./converted-values.js";

export async function check(client: ConvertedValues): Promise<void> {
  const given: DeepInput = {
    plain: { name: "a", sizes: [1] },
    rows: [
      [1, BigInt(1)],
      [2, BigInt(2), new Date()],
    ],
    matrix: [[new Date()], []],
    byName: { a: { b: [500, "label"] } },
    triple: ["a", new Uint8Array(1), [500, 1]],
    headers: { plain: "a", content_type: new Uint8Array(1) },
  };
  const deep: Deep = await client.deep({ ...given, next: given });
  const seen: Date | null | undefined = deep.next?.rows[0]?.[2];
  const first: Date | undefined = deep.matrix[0]?.[0];
  const milliseconds: number | undefined = deep.byName["a"]?.["b"]?.[0];
  const size: number = deep.triple[1].byteLength + deep.headers.content_type.byteLength;
  const total: bigint | undefined = (await client.rows([[1, BigInt(1)]]))[1]?.[0]?.[1];
  const [bytes] = (await client.pair([1, new Date()]))[0] ?? [];
  // @ts-expect-error: a moment is a Date wherever it lies
  await client.deep({ ...given, matrix: [["2026-01-31T13:45:00Z"]] });
  // @ts-expect-error: bytes are bytes in a tuple, too
  await client.deep({ ...given, triple: ["a", "YQ==", [500, 1]] });
  // @ts-expect-error: and a bigint is one in a row
  await client.rows([[1, 1]]);
  console.log(seen, first, milliseconds, size, total, bytes);
}
