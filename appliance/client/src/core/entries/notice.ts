/** A line between messages that says what somebody did to the room. */

import type { Event } from "../protocol";
import type { Notice, TimelineItem } from "../snapshots";
import type { ItemContext } from "./kind";

export function noticeItem(entry: Event & { readonly n: number }, notice: Notice, { keyOf }: ItemContext): TimelineItem {
  return { kind: "notice", key: keyOf(entry.n), n: entry.n, sender: entry.sender ?? null, at: entry.at, notice };
}
