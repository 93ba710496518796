/**
 * Whom an entry that is no message concerns: those it adds, the one it makes the owner, and everyone but the sender where
 * the room gets a new name or is closed (F32, F37). It counts as unread for them, and is the newest line of their room until
 * somebody writes. The twin of the server's rules/concerns.py.
 */

import { asEntry, kindOf } from "./entries";
import { EVERYONE } from "./entries/kind";
import { policyOf } from "./policy";
import type { Event } from "./protocol";

/** Returns those whom an entry in a room of this kind concerns: people, or `EVERYONE` but the sender. */
export function concerned(kind: string, event: Pick<Event, "type" | "sender" | "state">): readonly string[] {
  return policyOf(kind).tells_changes ? kindOf(event).concerns(asEntry(event)) : [];
}

/** Whether an entry concerns this one member of its room. */
export function concernsPerson(kind: string, event: Pick<Event, "type" | "sender" | "state">, person: string): boolean {
  const people = concerned(kind, event);
  return people.includes(person) || (event.sender !== person && people.includes(EVERYONE));
}
