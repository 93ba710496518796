/** `member.add`: people come into the room. */

import type { MemberView, RoomView } from "../protocol";
import { withDenied } from "../roomRules";
import { type Entry, type EntryKind, SILENT } from "./kind";
import { noticeItem } from "./notice";

type Added = Entry<"member.add">;

export const memberAdd: EntryKind<Added> = {
  ...SILENT,
  notifies: "added",
  apply: (view, entry) => withDenied(withMembers(view, entry)),
  item: (entry, context) =>
    noticeItem(entry, { what: "added", people: entry.state.members.map(({ p, name }) => ({ p, name })) }, context),
  introduces: ({ state }) => state.members,
  concerns: ({ sender, state }) => state.members.map(({ p }) => p).filter((person) => person !== sender),
};

function withMembers(view: RoomView, { state, n }: Added): RoomView {
  const known = new Set((view.members ?? []).map((member) => member.person));
  const fresh = state.members.filter((card) => !known.has(card.p));
  const counted = { ...view, member_count: view.member_count + fresh.length };
  if (view.members === undefined || view.members.length === 0) return counted;
  const members = fresh.map((card): MemberView => {
    const member: MemberView = { person: card.p, name: card.name, role: "member", since: n, read: n - 1 };
    return { ...member, unit: card.unit, post: card.post };
  });
  return { ...counted, members: [...view.members, ...members] };
}
