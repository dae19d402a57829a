/** The question that Python asks in the middle of a call. */

import { byId } from "./page";

export function confirm(
  question: string,
  detail: string,
  { signal }: { signal: AbortSignal },
): Promise<boolean> {
  const dialog = byId.question;
  byId.questionText.textContent = question;
  byId.questionDetail.textContent = detail;
  dialog.returnValue = "no"; // What Escape leaves there.
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    // Python wants no answer any more.
    signal.addEventListener("abort", () => dialog.close("no"), { once: true });
  });
}
