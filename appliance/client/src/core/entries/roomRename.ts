/** `room.rename`: the room gets another name. */

import { type Entry, type EntryKind, EVERYONE, SILENT } from "./kind";
import { noticeItem } from "./notice";

export const roomRename: EntryKind<Entry<"room.rename">> = {
  ...SILENT,
  changesRequests: true,
  apply: (view, { state }) => ({ ...view, name: state.name }),
  item: (entry, context) => noticeItem(entry, { what: "renamed", name: entry.state.name, old: entry.state.old ?? null }, context),
  concerns: () => [EVERYONE],
};
