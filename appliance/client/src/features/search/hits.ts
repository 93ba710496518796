/** What was found, as it is shown: by room, and each snippet in plain and marked parts. Pure. */
import type { Hit } from "#core/protocol";
import type { RoomId } from "#core/snapshots";

export interface RoomHits {
  readonly room: RoomId;
  readonly hits: readonly Hit[];
}

export interface Part {
  readonly text: string;
  readonly marked: boolean;
}

/** Rooms in the order of their newest hit, hits in the order they came. */
export function byRoom(hits: readonly Hit[]): readonly RoomHits[] {
  const rooms = new Map<RoomId, Hit[]>();
  for (const hit of hits) {
    const known = rooms.get(hit.room);
    if (known === undefined) rooms.set(hit.room, [hit]);
    else known.push(hit);
  }
  return [...rooms].map(([room, found]) => ({ room, hits: found }));
}

/** A text cut at its highlights, which are in UTF-16 code units, ascending and apart. */
export function parts(text: string, highlights: Hit["highlights"]): readonly Part[] {
  const found: Part[] = [];
  let from = 0;
  for (const [start, end] of highlights as readonly (readonly [number, number])[]) {
    if (start > from) found.push({ text: text.slice(from, start), marked: false });
    found.push({ text: text.slice(start, end), marked: true });
    from = end;
  }
  if (from < text.length) found.push({ text: text.slice(from), marked: false });
  return found;
}

type HitFile = NonNullable<Hit["files"]>[number];

export interface HitFiles {
  readonly shown: readonly HitFile[];
  /** So many more the message has. */
  readonly more: number;
}

const MOST_FILES = 3;

/** The files of a message that stand in its line: those that were found by their names, else the first. */
export function filesShown({ files = [] }: Pick<Hit, "files">): HitFiles {
  const found = files.filter(({ highlights }) => highlights.length > 0);
  const shown = (found.length > 0 ? found : files).slice(0, MOST_FILES);
  return { shown, more: files.length - shown.length };
}

/** Names a hit among the others, for keys and for the focus. */
export function hitKey({ room, n }: Pick<Hit, "room" | "n">): string {
  return `${room} ${n}`;
}
