import { Damaged, type Document, Paper, type PdfTools, WrongPassword } from "./pdf-tools.js";
import { safe } from "./runtime/index.js";

export async function check(client: PdfTools): Promise<void> {
  const [error, document] = await safe(client.inspect("a.pdf"));
  if (error instanceof WrongPassword) console.log(await client.inspect("a.pdf", { password: "b" }));
  else if (error instanceof Damaged) console.log(error.data.page ?? "all of it");
  else if (!error) console.log(document.created?.getFullYear());
  const parts = [
    { path: "a.pdf", ranges: [{ first: 2 }] },
    { path: "b.pdf", rotate: 90 as const },
  ];
  const joined: Document = await client.join(parts, "c.pdf", async (path) => prompt(path), {
    onProgress: ([done, of]) => console.log(done / of),
  });
  const png = await client.render(joined.path, 1, { dpi: 300 });
  const pages: string[] = await client.text("a.pdf");
  const printed: Uint8Array = await client.printHtml("<p>", { paper: Paper.LETTER });
  // @ts-expect-error: pages are turned by right angles
  await client.join([{ path: "a.pdf", rotate: 45 }], "c.pdf", () => null);
  // @ts-expect-error: a password is asked for
  await client.join(parts, "c.pdf");
  // @ts-expect-error: there is no such paper
  await client.printHtml("<p>", { paper: "a5" });
  console.log(png, pages, printed);
}
