import type { Workspace, WorkspaceFiles } from "./workspace.js";

export async function check(client: Workspace): Promise<void> {
  const files: WorkspaceFiles = client.files;
  const [first] = await files.list("a");
  const text: string = await files.readText(first?.name ?? "", { encoding: "latin-1" });
  const count: number = await client.files.trash.empty();
  await client.panels.left.show();
  await client.close();
  // @ts-expect-error: a namespace is no method
  await client.files();
  // @ts-expect-error: a method of a namespace is not the contract's
  await client.list("a");
  // @ts-expect-error: nor is it another namespace's
  await client.panels.left.list("a");
  console.log(text, count);
}
