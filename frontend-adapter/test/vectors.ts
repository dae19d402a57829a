/** The wire vectors that Python's tests read as well; tests/vectors/README.md says what they are. */

import { readFileSync, readdirSync } from "node:fs";

const FOLDER = new URL("../../tests/vectors/", import.meta.url);

export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), "utf8")) as T;
}

export interface Vector {
  readonly about: string;
  readonly players: readonly ("worker" | "client" | "page")[];
  readonly hello?: object;
  readonly chosen: Readonly<Record<string, unknown>>;
  readonly dialogue: readonly Entry[];
}

export type Entry =
  | { readonly from: "client" | "worker"; readonly line: unknown }
  | { readonly from: "client"; readonly lines: readonly unknown[] }
  | { readonly do: string };

/** The dialogues that a client plays, by name. */
export function clientVectors(): Map<string, Vector> {
  return playedBy("client", "conversation");
}

/** Those that a page with kkrpc plays. */
export function pageVectors(): Map<string, Vector & { readonly dialect: string }> {
  return playedBy("page", "kkrpc");
}

function playedBy<V extends Vector>(player: "client" | "page", folder: string): Map<string, V> {
  const files = readdirSync(new URL(`${folder}/`, FOLDER)).filter((file) => file !== "lines.json");
  const names = files.map((file) => file.slice(0, -5));
  const all = names.map((name) => [name, vectors<V>(`${folder}/${name}`)] as const);
  return new Map(all.filter(([, { players }]) => players.includes(player)));
}

const WHOLE = /^\$([A-Za-z]\w*)$/;
const PLACEHOLDER = /\$([A-Za-z]\w*)/;
const PLACEHOLDERS = new RegExp(PLACEHOLDER, "g");

/** What the placeholders of one dialogue stand for. */
export class Names {
  readonly #chosen: Readonly<Record<string, unknown>>;
  readonly #heard = new Map<string, unknown>();

  constructor(chosen: Readonly<Record<string, unknown>>) {
    this.#chosen = chosen;
  }

  /** The text of what the worker says: the client's own choices, else the worker's of the vector. */
  fill(line: unknown): string {
    return typeof line === "string" ? line : JSON.stringify(this.#fill(line));
  }

  #fill(template: unknown): unknown {
    if (typeof template === "string") {
      const name = WHOLE.exec(template)?.[1];
      return name ? this.#value(name) : this.#filled(template);
    }
    return mapped(template, (value) => this.#fill(value));
  }

  /** What the client was heard to say, with the placeholders that it stands for, as in the vector. */
  named(expected: unknown, received: unknown): unknown {
    if (typeof expected === "string") return this.#named(expected, received);
    if (typeof received !== "object" || received === null || typeof expected !== "object")
      return received;
    const members = expected as Readonly<Record<string, unknown>>;
    return mapped(received, (value, key) => this.named(members?.[key], value));
  }

  #named(expected: string, received: unknown): unknown {
    const whole = WHOLE.exec(expected)?.[1];
    if (whole) return this.#isSame(whole, received) ? expected : received;
    if (typeof received !== "string" || !PLACEHOLDER.test(expected)) return received;
    const names = [...expected.matchAll(PLACEHOLDERS)].map(([, name]) => name as string);
    const literal = expected.split(PLACEHOLDER).filter((_, index) => index % 2 === 0);
    const pattern = literal.map((text) => text.replace(/[$/.*+?^()[\]{}|\\]/g, "\\$&"));
    const found = new RegExp(`^${pattern.join("([\\w-]+)")}$`).exec(received)?.slice(1) ?? [];
    const isSame =
      names.length === found.length && names.every((name, i) => this.#isSame(name, found[i]));
    return isSame ? expected : received;
  }

  /** Whether this is what the placeholder stands for; the first to be heard is. */
  #isSame(name: string, value: unknown): boolean {
    if (name === "any") return true;
    if (!this.#heard.has(name)) this.#heard.set(name, value);
    return String(this.#heard.get(name)) === String(value);
  }

  #filled(template: string): string {
    return template.replace(PLACEHOLDERS, (_, name: string) => String(this.#value(name)));
  }

  #value(name: string): unknown {
    // What the vector does not choose is the worker's, and never looked at for what it is.
    const value = this.#heard.get(name) ?? this.#chosen[name] ?? `any ${name}`;
    if (name !== "any") this.#heard.set(name, value);
    return value;
  }
}

function mapped(value: unknown, map: (value: unknown, key: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((entry, index) => map(entry, String(index)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, map(entry, key)]));
}
