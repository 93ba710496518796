/** `room.create`: the first entry of a room. */

import { type Entry, type EntryKind, SILENT } from "./kind";
import { noticeItem } from "./notice";

export const roomCreate: EntryKind<Entry<"room.create">> = {
  ...SILENT,
  item: (entry, context) => noticeItem(entry, { what: "created", name: entry.state.name ?? null }, context),
};
