/** `sys.remove`: the system takes people off the room. */

import { type Entry, type EntryKind, SILENT } from "./kind";
import { unnamed, withoutMembers } from "./memberRemove";
import { noticeItem } from "./notice";

export const systemRemove: EntryKind<Entry<"sys.remove">> = {
  ...SILENT,
  apply: (view, { state }, me) => withoutMembers(view, state.members, me),
  item: (entry, context) =>
    noticeItem(entry, { what: "removed_by_system", people: unnamed(entry.state.members), why: entry.state.why ?? "" }, context),
};
