import type {
  Aliases,
  Color,
  Content,
  Drawing,
  Drawn,
  Moment,
  Path,
  Percent,
  Point,
  ShapeInput,
  UserId,
} from "./aliases.js";

export async function check(client: Aliases, user: UserId): Promise<void> {
  const shape: ShapeInput = { type: "square", side: 1 };
  const at: Point = [1, 2];
  const color: Color = "green";
  const drawing: Drawing = await client.draw(shape, at, { color });
  const by: UserId = drawing.by;
  const opacity: Percent = 50;
  const drawn: Drawn | null = await client.change(drawing, color);
  const path: Path = [at, await client.follow([at], opacity)];
  const admin: UserId | null = await client.who(user);
  const moment: Moment = await client.when(new Date());
  const content: Content = await client.content({ a: new Uint8Array(1) });
  const length: number | undefined = content["a"]?.buffer.byteLength;
  // @ts-expect-error: there is no such color
  await client.draw(shape, at, { color: "blue" });
  // @ts-expect-error: there is no such shape
  await client.draw({ type: "line", length: 1 }, at);
  // @ts-expect-error: a point has two numbers
  await client.follow([[1]], 50);
  // @ts-expect-error: the name of a text is no name
  await client.renamed("c");
  console.log(by, drawn, path, admin, moment, length);
}
