/**
 * Private chats that have not begun: one opens, is written in and waits offline like any room, and is made by its first
 * message.
 *
 * Owns the names of such chats: where a room's id is expected, `~` and the id of the other person. No id of a room begins
 * so. What is sent there goes to the person; the server answers which room it has become. Pure.
 */
import type { PersonId, RoomId } from "./snapshots";

const MARK = "~";

export function newChat(person: PersonId): RoomId {
  return MARK + person;
}

/** With whom a chat would begin; null for a room that there is. */
export function personOfNew(room: RoomId): PersonId | null {
  return room.startsWith(MARK) ? room.slice(MARK.length) : null;
}
