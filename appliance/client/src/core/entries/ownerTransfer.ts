/** `owner.transfer`: the owner hands the room over. */

import type { RoomView } from "../protocol";
import { withDenied } from "../roomRules";
import { type Entry, type EntryKind, SILENT } from "./kind";
import { noticeItem } from "./notice";

export const ownerTransfer: EntryKind<Entry<"owner.transfer">> = {
  ...SILENT,
  notifies: "owner",
  changesRequests: true,
  apply: (view, { state }, me) => handedOver(view, state, me),
  item: (entry, context) => noticeItem(entry, { what: "transferred", to: entry.state.to }, context),
  concerns: ({ sender, state }) => newOwner(state.to, sender),
};

/** The one it makes the owner, unless they did it themselves. */
export const newOwner = (to: string, sender: string): string[] => (to === sender ? [] : [to]);

export function handedOver(view: RoomView, { to, post }: { to: string; post?: string | null }, me: string): RoomView {
  const { owner_post: _, ...rest } = view;
  const moved: RoomView = { ...rest, owner: to, role: to === me ? "owner" : "member" };
  if (typeof post === "string") moved.owner_post = post;
  if (view.members !== undefined) {
    moved.members = view.members.map((member) => ({
      ...member,
      role: member.person === to ? "owner" : member.role === "owner" ? "member" : member.role,
    }));
  }
  return withDenied(moved);
}
