/** What a person does, and what it sets off. */

import { WebviewWindow } from "@tauri-apps/api/webviewWindow";
import { getCurrentWindow } from "@tauri-apps/api/window";
import { open } from "@tauri-apps/plugin-dialog";
import { cancel, checksum, deleteIt, show } from "./details";
import { watch } from "./live";
import { byId, hideProblem, showProblem } from "./page";
import { move, onSelect, search } from "./results";
import { ChannelClosed } from "./rpc/runtime/index";
import { channel, io, troubles, worker } from "./worker";
import "./style.css";

/** Where a reload finds it; each window has its own. */
const FOLDER = "folder";
let folder = "";

async function enter(path: string): Promise<void> {
  try {
    folder = await worker.open(path);
  } catch (error) {
    return showProblem(error);
  }
  hideProblem();
  sessionStorage.setItem(FOLDER, folder);
  byId.folder.value = folder;
  byId.search.focus();
  watch(folder);
  await search(folder, byId.search.value.trim());
}

byId.folderForm.addEventListener("submit", (event) => {
  event.preventDefault();
  void enter(byId.folder.value.trim());
});

byId.choose.addEventListener("click", async () => {
  const chosen = await open({ directory: true, ...(folder && { defaultPath: folder }) });
  if (chosen) await enter(chosen);
});

byId.search.addEventListener("input", () => {
  if (folder) void search(folder, byId.search.value.trim());
});

onSelect((hit) => show(folder, hit));

function newWindow(): void {
  const label = `sift-${Date.now()}`;
  const made = new WebviewWindow(label, { title: "Sift", width: 980, height: 640 });
  void made.once("tauri://error", ({ payload }) => showProblem(payload));
}
byId.newWindow.addEventListener("click", newWindow);

const keys: Record<string, (event: KeyboardEvent) => void> = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Enter: () => void checksum(),
  Delete: () => void deleteIt(),
  Escape: cancel,
};

addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (byId.question.open) return;
  if (event.ctrlKey || event.metaKey) {
    if (key === "n") newWindow();
    else if (key === "w") void getCurrentWindow().close();
    else return;
    return event.preventDefault();
  }
  const writes = target instanceof HTMLInputElement;
  if (key === "/" && !writes) {
    event.preventDefault();
    return byId.search.select();
  }
  // In the search field, the arrows and Enter are the list's; what deletes text is the field's.
  const mine = target === document.body || target === byId.results;
  const inSearch = target === byId.search && key !== "Delete";
  if (!(mine || inSearch) || !keys[key]) return;
  event.preventDefault();
  keys[key](event);
});

function showState(state: "ready" | "ended", text: string): void {
  byId.state.dataset.state = state;
  byId.state.textContent = text;
  byId.start.hidden = state === "ready";
}

/** Waits for Python, and goes on where this window was. */
async function begin(): Promise<void> {
  try {
    const { python } = (await channel.call("system.version")) as { python: string };
    showState("ready", `Python ${python}`);
  } catch (error) {
    showState("ended", "Python is not there");
    return showProblem(error);
  }
  const former = sessionStorage.getItem(FOLDER);
  if (former) await enter(former);
  else byId.folder.focus();
}

troubles.add((error) => {
  if (error instanceof ChannelClosed) showState("ended", "Python has ended");
});

byId.start.addEventListener("click", async () => {
  try {
    await io.start();
  } catch (error) {
    return showProblem(error);
  }
  await begin();
});

void begin();
