import type { Chain, Comment, File, Folder, Recursion } from "./recursion.js";

function newest(entry: Folder | File): number {
  if (entry.type === "file") return entry.changed.getTime();
  return Math.max(...entry.entries.map(newest));
}

export async function check(client: Recursion): Promise<void> {
  const folder: Folder = await client.walk({
    type: "folder",
    name: "a",
    entries: [
      { type: "folder", name: "b", entries: [] },
      { type: "file", name: "c", changed: new Date() },
    ],
  });
  const found = await client.find("c");
  const newer: boolean = found !== null && newest(found) > newest(folder);
  const comment: Comment = { text: "a", answers: [{ text: "b", answers: [] }] };
  const answer: string | undefined = (await client.comment(comment)).answers[0]?.text;
  const chain: Chain = await client.chain(["a", ["b", null]]);
  const link: string | undefined = chain[1]?.[1]?.[0];
  // @ts-expect-error: a file has no entries
  await client.walk({ type: "file", name: "a", entries: [] });
  // @ts-expect-error: however deep it lies
  await client.comment({ text: "a", answers: [{ text: "b", answers: [1] }] });
  // @ts-expect-error: what comes has all of it, to the end
  const short: Chain = ["a"];
  console.log(newer, answer, link, short);
}
