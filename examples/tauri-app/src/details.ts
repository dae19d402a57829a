/** The file that is selected: its checksum, with a bar and a way out, and its end. */

import { byId, hideProblem, showProblem } from "./page";
import { bytes, remove } from "./results";
import type { Hit } from "./rpc/files";
import { Unreadable } from "./rpc/files";
import { worker } from "./worker";

const when = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
let shown: { folder: string; hit: Hit } | undefined;
let checking: AbortController | undefined;

export function show(folder: string, hit: Hit | undefined): void {
  cancel();
  shown = hit && { folder, hit };
  byId.details.hidden = !hit;
  if (!hit) return;
  byId.name.textContent = hit.path.split("/").pop() ?? "";
  byId.where.textContent = `${folder.split(/[\\/]/).pop() ?? ""}/${hit.path}`;
  byId.size.textContent = bytes(hit.size);
  byId.size.title = `${hit.size.toLocaleString("en")} bytes`;
  byId.modified.textContent = when.format(hit.modified * 1000);
  byId.digest.textContent = "—";
}

export async function checksum(): Promise<void> {
  if (!shown || checking) return;
  const { folder, hit } = shown;
  const { signal } = (checking = new AbortController());
  setProgress(0);
  byId.digest.textContent = "…";
  byId.checking.hidden = false;
  byId.checksum.disabled = true;
  try {
    const digest = await worker.checksum(folder, hit.path, { signal, onProgress: setProgress });
    byId.digest.textContent = digest;
    hideProblem();
  } catch (error) {
    if (!signal.aborted) showProblem(error);
    if (shown?.hit === hit) byId.digest.textContent = signal.aborted ? "cancelled" : "—";
  } finally {
    checking = undefined;
    byId.checking.hidden = true;
    byId.checksum.disabled = false;
  }
}

/** Rejects the call at once; Python stops reading the file. */
export function cancel(): void {
  checking?.abort();
}

/** Python asks before it does it: see confirm.ts. */
export async function deleteIt(): Promise<void> {
  if (!shown) return;
  const { folder, hit } = shown;
  try {
    if (await worker.delete(folder, hit.path)) remove(hit.path);
    hideProblem();
  } catch (error) {
    const reason = error instanceof Unreadable ? `${error.data.path}: ${error.data.reason}` : error;
    showProblem(reason);
  }
}

function setProgress(done: number): void {
  byId.progress.value = done;
  byId.percent.textContent = `${Math.round(done * 100)} %`;
}

byId.checksum.addEventListener("click", () => void checksum());
byId.cancel.addEventListener("click", cancel);
byId.delete.addEventListener("click", () => void deleteIt());
