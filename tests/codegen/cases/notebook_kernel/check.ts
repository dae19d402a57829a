import { ExecutionFailed, type NotebookKernel, State, type Variable } from "./notebook-kernel.js";

function names({ name, children }: Variable): string[] {
  return [name, ...(children ?? []).flatMap(names)];
}

export async function check(client: NotebookKernel, cell: string): Promise<void> {
  const outputs: string[] = [];
  try {
    const ask = async (question: string, hidden: boolean) => (hidden ? "" : prompt(question)) ?? "";
    for await (const output of client.run(cell, "1 + 1", ask, { storeHistory: false })) {
      if (output.kind === "printed") outputs.push(`${output.stream}: ${output.text}`);
      else if (output.kind === "shown") outputs.push(output.data["text/plain"] ?? "");
      else outputs.length = 0;
    }
  } catch (error) {
    if (!(error instanceof ExecutionFailed)) throw error;
    const { text, frames } = error.data;
    console.log(
      text,
      frames.map(([file, line, name, source]) => `${file}:${line} ${name} ${source}`),
    );
  }
  const { start, matches } = await client.complete("impo", 4);
  const variable = await client.inspect("a", { depth: 2 });
  const all: string[] = (await client.variables()).flatMap(names);
  client.state.on((state) => state === State.DEAD && client.interrupt());
  // @ts-expect-error: what is shown has no stream
  for await (const { stream } of client.run(cell, "", async () => "")) console.log(stream);
  // @ts-expect-error: what is typed is a text
  client.run(cell, "", () => 1);
  // @ts-expect-error: there may be no such variable
  console.log(variable.name);
  console.log(start, matches, all);
}
