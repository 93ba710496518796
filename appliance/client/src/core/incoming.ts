/**
 * What of the live events is worth a notification (C6, C7): messages, being added to a room, being made its owner.
 *
 * Pure. Messages: not our own, not hidden, not read already, and not in a muted room unless they name us. What concerns
 * everyone in a room, its new name or its end, is unread there and interrupts nobody. A room that has just become ours is
 * told of by its newest line, because its entries may have come before it; nothing is told twice.
 */

import { concernsPerson } from "./concerns";
import { kindOf } from "./entries";
import { isHidden } from "./entries/hidden";
import type { Applied, RoomMap } from "./feed";
import { itemOf } from "./items";
import { isPair, policyOf } from "./policy";
import type { Event } from "./protocol";
import { isMessage } from "./registry";
import { pendingMark, type RoomRecord } from "./roomState";
import type { Incoming, PersonId } from "./snapshots";

export function incomingOf({ events, begun }: Pick<Applied, "events" | "begun">, rooms: RoomMap, me: PersonId): Incoming[] {
  const told = new Set<string>();
  return events.flatMap((event): Incoming[] => {
    const record = typeof event.room === "string" ? rooms.get(event.room) : undefined;
    if (record === undefined) return [];
    const { view } = record;
    const entry = event.type === "room" && begun.has(view.id) ? (view.last ?? event) : event;
    const incoming = (entry.n ?? -1) <= Math.max(view.read, pendingMark(record) ?? -1) ? null : oneOf(entry, record, me);
    const place = `${view.id} ${entry.n ?? ""}`;
    if (incoming === null || told.has(place)) return [];
    told.add(place);
    return [incoming];
  });
}

function oneOf(entry: Event, { view }: RoomRecord, me: PersonId): Incoming | null {
  const { notifies } = kindOf(entry);
  if (notifies !== null) return concernsPerson(view.kind, entry, me) ? { kind: notifies, room: view.id } : null;
  if (!isMessage(entry) || entry.sender === me || isHidden(entry)) return null;
  const message = itemOf(entry, {
    me,
    keyOf: String,
    quote: (n) => ({ kind: "gone", n }),
    readersOf: () => ({ by: 0, of: 0 }),
    ownReactions: [],
  });
  if (message?.kind !== "message" || (view.muted === true && !message.mentionsMe)) return null;
  return { kind: "message", room: view.id, message, mention: message.mentionsMe, direct: isPair(policyOf(view.kind)) };
}
