/** Rooms in the cache: one record each, by id. */

import type { RoomRecord } from "../roomState";
import { messagesGone } from "./messages";
import { thumbsOfRoomGone } from "./thumbs";
import type { Tables, Write } from "./tables";

/** Records of clients before ranges were kept have none that wait. */
export async function loadRooms(tables: Tables): Promise<RoomRecord[]> {
  const found = await tables.all<Omit<RoomRecord, "pendingReads"> & Partial<RoomRecord>>("rooms");
  return found.map((record) => ({ ...record, pendingReads: record.pendingReads ?? [] }));
}

export function roomKept(record: RoomRecord): Write {
  return { kind: "put", table: "rooms", key: record.view.id, value: record };
}

/** A room that is no longer ours leaves with everything said in it (C4); what we were about to say is ours. */
export function roomGone(room: string): Write[] {
  return [
    { kind: "drop", table: "rooms", key: room },
    messagesGone(room),
    ...thumbsOfRoomGone(room),
  ];
}
