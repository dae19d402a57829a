/** What happens in the folder while it is open. */

import { byId, make, showProblem } from "./page";
import { worker } from "./worker";

/** How many are shown. */
const SHOWN = 50;

let watching = new AbortController();

/** Has Python look at another folder. The call lasts until it is aborted. */
export function watch(folder: string): void {
  watching.abort();
  const { signal } = (watching = new AbortController());
  byId.changes.replaceChildren();
  byId.quietHere.hidden = false;
  worker.watch(folder, { signal }).catch((error: unknown) => {
    if (!signal.aborted) showProblem(error);
  });
}

worker.changed.on(({ path, kind }) => {
  const item = make("li", kind);
  item.append(make("b", "", kind), make("span", "", path));
  byId.changes.prepend(item);
  byId.changes.children[SHOWN]?.remove();
  byId.quietHere.hidden = true;
});
