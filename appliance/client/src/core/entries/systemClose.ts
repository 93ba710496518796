/** `sys.close`: the system closes the room. */

import { type Entry, type EntryKind } from "./kind";
import { noticeItem } from "./notice";
import { roomClose } from "./roomClose";

export const systemClose: EntryKind<Entry<"sys.close">> = {
  ...(roomClose as EntryKind<unknown>),
  item: (entry, context) => noticeItem(entry, { what: "closed_by_system", why: entry.state.why ?? "" }, context),
};
