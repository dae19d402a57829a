/**
 * What a page has that the adapters for Tauri use, beside Tauri itself: its events and its
 * sessionStorage, which outlives it.
 */

import { clearMocks } from "@tauri-apps/api/mocks";
import { vi } from "vitest";

const stored = new Map<string, string>();
const sessionStorage = {
  getItem: (key: string): string | null => stored.get(key) ?? null,
  setItem: (key: string, value: string): void => void stored.set(key, value),
  removeItem: (key: string): void => void stored.delete(key),
};

let events = new EventTarget();

/** Makes this process a page. */
export function openPage(): void {
  events = new EventTarget();
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("sessionStorage", sessionStorage);
  vi.stubGlobal("addEventListener", events.addEventListener.bind(events));
}

export function tell(event: "pagehide" | "pageshow"): void {
  events.dispatchEvent(new Event(event));
}

/** Goes on as the page that a reload brings: nothing is left of this one but what was stored. */
export function reload(): void {
  tell("pagehide");
  (window.__TAURI_INTERNALS__.callbacks as Map<number, unknown>).clear();
  openPage();
}

/** Waits for what a process brings about, however busy the machine is. */
export function until(condition: () => boolean): Promise<boolean> {
  return vi.waitUntil(condition, { timeout: 15_000 });
}

/** Takes the page away. */
export function closePage(): void {
  stored.clear();
  clearMocks();
  vi.unstubAllGlobals();
}
