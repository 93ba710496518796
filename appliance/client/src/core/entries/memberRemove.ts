/** `member.remove`: the owner takes people off the room. */

import type { RoomView } from "../protocol";
import { withDenied } from "../roomRules";
import { type Entry, type EntryKind, SILENT } from "./kind";
import { noticeItem } from "./notice";

export const memberRemove: EntryKind<Entry<"member.remove">> = {
  ...SILENT,
  apply: (view, { state }, me) => withoutMembers(view, state.members, me),
  item: (entry, context) => noticeItem(entry, { what: "removed", people: unnamed(entry.state.members) }, context),
};

/** The room without these members; null when we are one of them. */
export function withoutMembers(view: RoomView, people: readonly string[], me: string): RoomView | null {
  if (people.includes(me)) return null;
  const counted = { ...view, member_count: view.member_count - people.length };
  if (view.members === undefined) return withDenied(counted);
  return withDenied({ ...counted, members: view.members.filter(({ person }) => !people.includes(person)) });
}

/** People of whom the log has the ids alone. */
export const unnamed = (people: readonly string[]) => people.map((p) => ({ p, name: null }));
