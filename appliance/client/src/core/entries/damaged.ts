/** `damaged`: an entry of which nothing can be read. Where it stands is known. */

import { type Entry, type EntryKind, SILENT } from "./kind";
import { noticeItem } from "./notice";

export const damaged: EntryKind<Entry<"damaged">> = {
  ...SILENT,
  item: (entry, context) => noticeItem(entry, { what: "damaged" }, context),
};
