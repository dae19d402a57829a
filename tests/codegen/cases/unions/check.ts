import type { Rectangle, Square, Unions } from "./unions.js";

function area(shape: Rectangle | Square): number {
  switch (shape.kind) {
    case "rectangle":
      return shape.width * shape.height;
    case "square":
      return shape.side ** 2;
  }
}

export async function check(client: Unions): Promise<void> {
  const sum = area(await client.grow({ kind: "rectangle", width: 1 }, 2));
  const step = await client.path([
    [1, 10, 20],
    [2, "red"],
  ]);
  if (step?.[0] === 1) console.log(step[2].toFixed());
  const type: "Circle" = (await client.circle()).type;
  // @ts-expect-error: the tag says which it is
  await client.grow({ width: 1 }, 2);
  // @ts-expect-error: of another tag's fields none is taken
  await client.grow({ kind: "square", width: 1 }, 2);
  // @ts-expect-error: there is no such tag
  await client.grow({ kind: "circle", radius: 1 }, 2);
  // @ts-expect-error: 2 draws, and has a color
  await client.path([[2, 10, 20]]);
  console.log(sum, type);
}
