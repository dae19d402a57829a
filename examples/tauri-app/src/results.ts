/** The list of what was found: searched as you type, and walked through with the arrows. */

import { byId, hideProblem, make, showProblem } from "./page";
import type { Hit } from "./rpc/files";
import { worker } from "./worker";

/** More than this nobody reads: the search is left, and ends in Python. */
const ENOUGH = 500;

let searching = new AbortController();
let hits: Hit[] = [];
let selected = -1;
let tell: (hit: Hit | undefined) => void = () => undefined;

/** Calls a function with each file that is selected. */
export function onSelect(listener: (hit: Hit | undefined) => void): void {
  tell = listener;
}

export async function search(folder: string, text: string): Promise<void> {
  searching.abort(); // The search before, if it still goes on.
  const { signal } = (searching = new AbortController());
  const mark = marker(text);
  let found = 0;
  try {
    // An array a message, and so one render each.
    for await (const batch of worker.search(folder, text, { signal }).batches()) {
      if (signal.aborted) return;
      if (found === 0) clear();
      const some = batch.slice(0, ENOUGH - found);
      byId.results.append(...some.map((hit) => row(hit, mark)));
      hits.push(...some);
      found += some.length;
      byId.count.value = `${found.toLocaleString("en")}…`;
      if (found === ENOUGH) break;
    }
    if (signal.aborted) return;
    if (found === 0) clear();
    hideProblem();
  } catch (error) {
    if (signal.aborted) return;
    clear();
    showProblem(error);
  }
  byId.count.value = found === ENOUGH ? `the first ${ENOUGH}` : `${found} found`;
  byId.nothing.hidden = found > 0;
  byId.nothing.textContent = text ? `Nothing here has “${text}” in it.` : "This folder is empty.";
}

/** Takes a file out of the list. */
export function remove(path: string): void {
  const index = hits.findIndex((hit) => hit.path === path);
  if (index < 0) return;
  hits.splice(index, 1);
  byId.results.children[index]?.remove();
  byId.count.value = `${hits.length} found`;
  if (selected === index) select(-1);
  else if (selected > index) selected -= 1;
}

/** Selects the next one, or the one before. */
export function move(by: 1 | -1): void {
  if (hits.length > 0) select(Math.max(0, Math.min(hits.length - 1, selected + by)));
}

function select(index: number): void {
  byId.results.children[selected]?.removeAttribute("aria-selected");
  selected = index;
  const chosen = byId.results.children[index];
  chosen?.setAttribute("aria-selected", "true");
  chosen?.scrollIntoView({ block: "nearest" });
  tell(hits[index]);
}

function clear(): void {
  hits = [];
  byId.results.replaceChildren();
  select(-1);
}

function row(hit: Hit, mark: (text: string) => (string | Node)[]): HTMLLIElement {
  const item = make("li", "hit");
  item.role = "option";
  const slash = hit.path.lastIndexOf("/") + 1;
  const name = make("span", "hit-name");
  name.append(...mark(hit.path.slice(slash)));
  const where = make("span", "hit-where", hit.path.slice(0, slash));
  item.append(name, where, make("span", "hit-size", bytes(hit.size)));
  if (hit.line > 0) {
    const excerpt = make("span", "hit-line");
    excerpt.append(make("b", "", `${hit.line}`), ...mark(hit.excerpt));
    item.append(excerpt);
  }
  item.addEventListener("click", () => select(hits.indexOf(hit)));
  return item;
}

/** Returns what marks each place of a text in another. */
function marker(wanted: string): (text: string) => (string | Node)[] {
  if (!wanted) return (text) => [text];
  const pattern = new RegExp(`(${wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})`, "gi");
  // Split at a group, every other part is a match.
  return (text) =>
    text.split(pattern).map((part, index) => (index % 2 ? make("mark", "", part) : part));
}

export function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}
