/** `hidden`: an entry that is not shown to us; its place in the log alone is known. Also how words are taken off a message. */

import type { Event } from "../protocol";
import { type Entry, type EntryKind, SILENT } from "./kind";

export const hidden: EntryKind<Entry<"hidden">> = { ...SILENT };

export function isHidden(event: { readonly hidden?: string | null }): boolean {
  return event.hidden !== undefined && event.hidden !== null;
}

/** Takes the words off an entry, leaving the trace. */
export function hide(event: Event, reason: string): Event {
  const { body: _, edited: __, reactions: ___, ...rest } = event;
  return { ...rest, hidden: reason };
}
