/** Small pictures of files in the cache, by room and by their own id: the bytes, and apart from them what each is of. */

import type { Id, Millis, Position } from "../protocol";
import type { Key, Tables, Write } from "./tables";

export interface ThumbFacts {
  readonly room: Id;
  readonly id: Id;
  /** The file it was made of. */
  readonly file: Id;
  /** The message that carries the file. */
  readonly n: Position;
  /** When it was fetched. */
  readonly at: Millis;
  readonly size: number;
}

type Place = Pick<ThumbFacts, "room" | "id">;

/** Above every id. */
const LAST = "\uffff";

const keyOf = ({ room, id }: Place): Key => [room, id];

export function loadThumbFacts(tables: Tables): Promise<ThumbFacts[]> {
  return tables.all<ThumbFacts>("thumbFacts");
}

/** The bytes of one that was fetched at `since` or later. */
export async function loadThumb(tables: Tables, place: Place, since: Millis): Promise<Uint8Array<ArrayBuffer> | null> {
  const facts = await tables.get<ThumbFacts>("thumbFacts", keyOf(place));
  if (facts === undefined || facts.at < since) return null;
  return (await tables.getBytes("thumbs", keyOf(place))) ?? null;
}

export function thumbKept(facts: ThumbFacts, bytes: Uint8Array<ArrayBuffer>): Write[] {
  return [
    { kind: "put", table: "thumbFacts", key: keyOf(facts), value: facts },
    { kind: "putBytes", table: "thumbs", key: keyOf(facts), value: bytes },
  ];
}

export function thumbGone(place: Place): Write[] {
  return [
    { kind: "drop", table: "thumbFacts", key: keyOf(place) },
    { kind: "drop", table: "thumbs", key: keyOf(place) },
  ];
}

export function thumbsOfRoomGone(room: Id): Write[] {
  return [
    { kind: "dropBetween", table: "thumbFacts", from: [room, ""], to: [room, LAST] },
    { kind: "dropBetween", table: "thumbs", from: [room, ""], to: [room, LAST] },
  ];
}

export const THUMBS_GONE: readonly Write[] = [
  { kind: "clear", table: "thumbFacts" },
  { kind: "clear", table: "thumbs" },
];
