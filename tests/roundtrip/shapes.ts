/** Whether a value is, to the letter, what its type says that it is. */

/** As `shapes.py` writes it. */
export type Shape =
  | { readonly is: "choice"; readonly values: readonly unknown[] }
  | { readonly is: "list"; readonly item: Shape }
  | { readonly is: "tuple"; readonly items: readonly Shape[]; readonly least: number }
  | { readonly is: "dict"; readonly value: Shape }
  | { readonly is: "union"; readonly members: readonly Shape[] }
  | { readonly is: "record"; readonly number: number }
  | {
      readonly is: "object";
      readonly members: Readonly<Record<string, Shape>>;
      readonly absent: readonly string[];
    }
  | { readonly is: Kind };

type Kind = keyof typeof kinds;

const isText = (value: unknown): boolean => typeof value === "string";

const kinds = {
  any: isJson,
  raw: isJson,
  null: (value: unknown): boolean => value === null,
  bool: (value: unknown): boolean => typeof value === "boolean",
  int: (value: unknown): boolean => Number.isSafeInteger(value) && !Object.is(value, -0),
  float: Number.isFinite,
  str: isText,
  // Neither a Buffer nor a view of memory that is shared, nor a part of something larger.
  bytes: (value: unknown): boolean =>
    value instanceof Uint8Array &&
    Object.getPrototypeOf(value) === Uint8Array.prototype &&
    value.buffer instanceof ArrayBuffer &&
    value.byteLength === value.buffer.byteLength,
  bigint: (value: unknown): boolean => typeof value === "bigint",
  datetime: (value: unknown): boolean =>
    value instanceof Date && Number.isSafeInteger(value.getTime()),
  date: isText,
  time: isText,
  timedelta: Number.isFinite,
  uuid: isText,
  decimal: isText,
} as const;

function isJson(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isJson);
  if (typeof value === "object" && value)
    return isPlain(value) && Object.values(value).every(isJson);
  return value === null || ["string", "boolean"].includes(typeof value) || Number.isFinite(value);
}

/** Tells shapes apart, and holds values against them. */
export class Shapes {
  readonly #records: readonly Shape[];

  constructor(records: readonly Shape[]) {
    this.#records = records;
  }

  /** Returns what is wrong with a value; undefined if nothing is. */
  misfit(shape: Shape, value: unknown, path = "$"): string | undefined {
    const isWrong = (): string => `${path} is not of ${JSON.stringify(shape)}: ${shown(value)}`;
    const all = (parts: Iterable<readonly [Shape, unknown, string]>): string | undefined => {
      for (const part of parts) {
        const found = this.misfit(...part);
        if (found !== undefined) return found;
      }
      return undefined;
    };
    switch (shape.is) {
      case "record":
        return this.misfit(this.#records[shape.number] as Shape, value, path);
      case "choice":
        return shape.values.includes(value) ? undefined : isWrong();
      case "union":
        return shape.members.some((member) => this.misfit(member, value, path) === undefined)
          ? undefined
          : isWrong();
      case "list":
        if (!Array.isArray(value)) return isWrong();
        return all(value.map((item, index) => [shape.item, item, `${path}[${index}]`] as const));
      case "tuple": {
        const { items, least } = shape;
        if (!Array.isArray(value) || value.length < least || value.length > items.length)
          return isWrong();
        return all(
          value.map((item, index) => [items[index] as Shape, item, `${path}[${index}]`] as const),
        );
      }
      case "dict":
        if (!isPlain(value)) return isWrong();
        return all(
          Object.entries(value).map(
            ([key, item]) => [shape.value, item, `${path}.${key}`] as const,
          ),
        );
      case "object": {
        const { members, absent } = shape;
        if (!isPlain(value)) return isWrong();
        const lacks = Object.keys(members).some(
          (key) => !(Object.hasOwn(value, key) || absent.includes(key)),
        );
        if (lacks || Object.keys(value).some((key) => !Object.hasOwn(members, key)))
          return isWrong();
        return all(
          Object.entries(value).map(
            ([key, item]) => [members[key] as Shape, item, `${path}.${key}`] as const,
          ),
        );
      }
      default:
        return kinds[shape.is](value) ? undefined : isWrong();
    }
  }
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && !!value && Object.getPrototypeOf(value) === Object.prototype;
}

function shown(value: unknown): string {
  const text = (_key: string, part: unknown): unknown =>
    typeof part === "bigint"
      ? `${part}n`
      : ArrayBuffer.isView(part)
        ? `${part.byteLength} bytes`
        : part;
  return `${Object.prototype.toString.call(value)} ${JSON.stringify(value, text)}`.slice(0, 500);
}

/** What contains itself. */
export function circle(): unknown {
  const held: unknown[] = [];
  held.push([held]);
  return held;
}

/** So many lists within each other. */
export function deep(levels: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}
