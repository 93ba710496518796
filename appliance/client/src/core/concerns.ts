/**
 * Whom an entry that is no message concerns: those it adds, the one it makes the owner, and everyone but the sender where
 * the room gets a new name or is closed (F32, F37). It counts as unread for them, and is the newest line of their room until
 * somebody writes. The twin of the server's rules/concerns.py.
 */

import { policyOf } from "./policy";

interface Fields {
  readonly members?: readonly { readonly p: string }[];
  readonly to?: string;
}

/** Stands for everyone in the room but the sender. */
export const EVERYONE = "*";
const CONCERN_EVERYONE: ReadonlySet<string> = new Set(["room.rename", "room.close", "sys.close"]);

/** Returns those whom an entry of this type, by this sender, concerns: people, or `EVERYONE`. */
export function concerned(kind: string, type: string, sender: string, fields: Readonly<Record<string, unknown>>): readonly string[] {
  if (!policyOf(kind).tells_changes) return [];
  if (CONCERN_EVERYONE.has(type)) return [EVERYONE];
  const { members = [], to } = fields as Fields;
  if (type === "member.add") return members.map(({ p }) => p).filter((person) => person !== sender);
  const made = type === "owner.transfer" || type === "owner.reassign";
  return made && to !== undefined && to !== sender ? [to] : [];
}

/** Whether an entry concerns this one member of its room. */
export function concernsPerson(kind: string, type: string, sender: string, fields: Readonly<Record<string, unknown>>, person: string): boolean {
  const people = concerned(kind, type, sender, fields);
  return people.includes(person) || (sender !== person && people.includes(EVERYONE));
}
