/** The elements of index.html, by their ids. */

function element<E extends HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (!found) throw new Error(`index.html has no element with the id ${id}`);
  return found as E;
}

export const byId = {
  folder: element<HTMLInputElement>("folder"),
  folderForm: element<HTMLFormElement>("folder-form"),
  choose: element<HTMLButtonElement>("choose"),
  newWindow: element<HTMLButtonElement>("new-window"),
  problem: element("problem"),
  search: element<HTMLInputElement>("search"),
  count: element<HTMLOutputElement>("count"),
  results: element<HTMLUListElement>("results"),
  nothing: element("nothing"),
  details: element("details"),
  name: element("name"),
  where: element("where"),
  size: element("size"),
  modified: element("modified"),
  digest: element("digest"),
  checking: element("checking"),
  progress: element<HTMLProgressElement>("progress"),
  percent: element("percent"),
  cancel: element<HTMLButtonElement>("cancel"),
  checksum: element<HTMLButtonElement>("checksum"),
  delete: element<HTMLButtonElement>("delete"),
  changes: element<HTMLOListElement>("changes"),
  quietHere: element("quiet-here"),
  state: element("state"),
  start: element<HTMLButtonElement>("start"),
  question: element<HTMLDialogElement>("question"),
  questionText: element("question-text"),
  questionDetail: element("question-detail"),
};

/** Makes an element with a class and a text. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = "",
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
}

/** Shows what went wrong, until the next thing goes right. */
export function showProblem(error: unknown): void {
  // What Tauri's commands reject with is no Error, but has a message.
  const { message = String(error) } = error as { message?: string };
  byId.problem.textContent = message;
  byId.problem.hidden = false;
}

export function hideProblem(): void {
  byId.problem.hidden = true;
}
