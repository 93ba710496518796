/** `room.close`: the owner closes the room; it is read from then on. */

import { withDenied } from "../roomRules";
import { type Entry, type EntryKind, EVERYONE, SILENT } from "./kind";
import { noticeItem } from "./notice";

export const roomClose: EntryKind<Entry<"room.close">> = {
  ...SILENT,
  apply: (view) => withDenied({ ...view, closed: true }),
  item: (entry, context) => noticeItem(entry, { what: "closed" }, context),
  concerns: () => [EVERYONE],
};
