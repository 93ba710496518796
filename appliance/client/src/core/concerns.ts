/**
 * Whom an entry that is no message concerns: those it adds, and the one it makes the owner (F32, F37). It counts as unread
 * for them, and is the newest line of their room until somebody writes. The twin of the server's rules/concerns.py.
 */

interface Fields {
  readonly members?: readonly { readonly p: string }[];
  readonly to?: string;
}

/** Returns those whom an entry of this type, by this sender, concerns. */
export function concerned(kind: string, type: string, sender: string, fields: Readonly<Record<string, unknown>>): readonly string[] {
  if (kind === "direct") return [];
  const { members = [], to } = fields as Fields;
  if (type === "member.add") return members.map(({ p }) => p).filter((person) => person !== sender);
  const made = type === "owner.transfer" || type === "owner.reassign";
  return made && to !== undefined && to !== sender ? [to] : [];
}
