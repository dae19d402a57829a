import type { Connection, SqlBrowser, Table, Value } from "./sql-browser.js";
import { safe } from "./runtime/index.js";

export async function check(client: SqlBrowser): Promise<void> {
  const connection: Connection = await client.open("a.db", { readOnly: false });
  const tables: Table[] = await client.tables(connection);
  const target: string | undefined = tables[0]?.foreignKeys[0]?.to;
  const rows: Value[][] = [];
  for await (const part of client.query(connection, "select :a", { a: 1 }, { batch: 100 })) {
    if (part.type === "header") console.log(part.columns.map(({ name }) => name));
    else if (part.type === "rows") rows.push(...part.rows);
    else console.log(part.changes, part.took);
  }
  client.query(connection, "select ?", ["a"]);
  const [wrong, plan] = await safe(client.explain(connection, "select"));
  const text: string | undefined = wrong ? wrong.message : plan[0]?.[2];
  await client.close(connection);
  // @ts-expect-error: a cell holds no object
  client.query(connection, "select ?", [{ a: 1 }]);
  // @ts-expect-error: parameters are no single value
  client.query(connection, "select ?", "a");
  // @ts-expect-error: a result is not there at once
  client.query(connection, "select 1").rows;
  console.log(target, rows, text);
}
