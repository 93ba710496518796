/**
 * From rows of the log to what a view shows; what each type of entry looks like is in `entries/`.
 *
 * Pure. An item keeps its identity as long as nothing it shows has changed, so a view redraws only what did.
 */

import { asEntry, kindOf } from "./entries";
import type { ItemContext } from "./entries/kind";
import type { Event } from "./protocol";
import type { Quote, TimelineItem } from "./snapshots";

/** Returns what the entry looks like; null for one that only changes others. */
export function itemOf(event: Event, context: ItemContext): TimelineItem | null {
  return typeof event.n === "number" ? kindOf(event).item(asEntry(event), context) : null;
}

/** What a reply shows of the entry it answers. */
export function quoteOf(event: Event): Quote {
  return kindOf(event).quote(asEntry(event));
}

/** Returns `old` when it shows the same as `fresh`. */
export function sameOr(old: TimelineItem | undefined, fresh: TimelineItem): TimelineItem {
  return old !== undefined && old.kind === fresh.kind && equal(old, fresh) ? old : fresh;
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((key) => equal(x[key], y[key]));
}

