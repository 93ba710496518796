/**
 * Which live messages are worth a notification (C6, C7).
 *
 * Pure: not our own, not hidden, not read already, and not in a muted room unless they name us.
 */

import type { RoomMap } from "./feed";
import { itemOf } from "./items";
import type { Event } from "./protocol";
import { pendingMark } from "./roomState";
import type { Incoming, PersonId } from "./snapshots";
import { isHidden } from "./timeline";

export function incomingOf(events: readonly Event[], rooms: RoomMap, me: PersonId): Incoming[] {
  return events.flatMap((event): Incoming[] => {
    if (event.type !== "message.text" || event.sender === me || isHidden(event)) return [];
    const record = typeof event.room === "string" ? rooms.get(event.room) : undefined;
    if (record === undefined || (event.n ?? 0) <= Math.max(record.view.read, pendingMark(record) ?? -1)) return [];
    const message = itemOf(event, {
      me,
      keyOf: String,
      quote: (n) => ({ kind: "gone", n }),
      readersOf: () => ({ by: 0, of: 0 }),
      ownReactions: [],
    });
    if (message?.kind !== "message") return [];
    if (record.view.muted === true && !message.mentionsMe) return [];
    return [{ room: record.view.id, message, mention: message.mentionsMe, direct: record.view.kind === "direct" }];
  });
}
