/** Rows of timelines in the cache, by room and position. Which positions are there without a gap: `RoomRecord.ranges`. */

import type { Position } from "../protocol";
import type { Row } from "../timelineRows";
import type { Tables, Write } from "./tables";

export function loadRow(tables: Tables, room: string, n: Position): Promise<Row | undefined> {
  return tables.get<Row>("messages", [room, n]);
}

/** Rows at positions in [from, to], ascending. */
export function loadRows(tables: Tables, room: string, from: Position, to: Position): Promise<Row[]> {
  return tables.between<Row>("messages", [room, from], [room, to]);
}

export function rowKept(room: string, n: Position, row: Row): Write {
  return { kind: "put", table: "messages", key: [room, n], value: row };
}

export function messagesGone(room: string, below: Position = Number.MAX_SAFE_INTEGER): Write {
  return { kind: "dropBetween", table: "messages", from: [room, 0], to: [room, below] };
}
