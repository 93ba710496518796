/**
 * Roving focus: a list is one tab stop, arrows move inside it (WAI-ARIA practices). DOM only; the caller renders items
 * with `data-roving` and gives one of them `tabIndex={0}`.
 */
import type { KeyboardEvent } from "react";

const STEP: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

/** Moves the focus among the `[data-roving]` elements inside the event's current target; true when it did. */
export function moveRovingFocus(event: KeyboardEvent<HTMLElement>): boolean {
  const items = [...event.currentTarget.querySelectorAll<HTMLElement>("[data-roving]")];
  const at = items.findIndex((item) => item.contains(document.activeElement));
  const to = nextIndex(event.key, at, items.length);
  const next = to === null ? undefined : items[to];
  if (!next) return false;
  event.preventDefault();
  next.focus();
  next.scrollIntoView({ block: "nearest" });
  return true;
}

/** Where a key leads from position `at` of `count`; null when the key does not move. */
export function nextIndex(key: string, at: number, count: number): number | null {
  if (count === 0) return null;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = STEP[key];
  return step === undefined ? null : Math.min(count - 1, Math.max(0, at + step));
}
