/** `owner.reassign`: the system or an administrator gives the room another owner. */

import { type Entry, type EntryKind, SILENT } from "./kind";
import { noticeItem } from "./notice";
import { handedOver, newOwner } from "./ownerTransfer";

export const ownerReassign: EntryKind<Entry<"owner.reassign">> = {
  ...SILENT,
  notifies: "owner",
  changesRequests: true,
  apply: (view, { state }, me) => handedOver(view, state, me),
  item: (entry, context) => noticeItem(entry, { what: "reassigned", to: entry.state.to, why: entry.state.why ?? "" }, context),
  concerns: ({ sender, state }) => newOwner(state.to, sender),
};
