/** A file where it is shown: with the message that carries it. */
import type { WantedThumb } from "#core/fileCache";
import type { FileView, Millis, Position } from "#core/protocol";
import type { MessageItem, PersonId, RoomId, TimelineItem } from "#core/snapshots";

import { opensInViewer, thumbOf } from "./sources";
import { standingOf } from "./standing";

export interface Shown {
  readonly room: RoomId;
  readonly n: Position;
  readonly sender: PersonId;
  readonly at: Millis;
  readonly mine: boolean;
  readonly file: FileView;
}

/** Names one among others: the same file may be in several messages, and twice in one. */
export function shownKey({ n, file }: Pick<Shown, "n" | "file">): string {
  return `${n} ${file.id}`;
}

export function shownOf(room: RoomId, { n, sender, at, mine, files }: MessageItem): readonly Shown[] {
  return files.map((file) => ({ room, n, sender, at, mine, file }));
}

/** What can be looked at one after the other, in the order of the log: pictures and films, and the one that was opened. */
export function series(room: RoomId, items: readonly TimelineItem[], opened: string): readonly Shown[] {
  const all = items.flatMap((item) => (item.kind === "message" ? shownOf(room, item) : []));
  return all.filter((one) => isLookedAt(one) && (one.file.form !== "document" || shownKey(one) === opened));
}

/** Whether the viewer can open it for this reader. */
export function isLookedAt({ file, mine }: Pick<Shown, "file" | "mine">): boolean {
  return opensInViewer(file) && standingOf(file, mine).open;
}

/** The small picture to ask for; null where there is none. */
export function wantedThumb({ room, n, file }: Pick<Shown, "room" | "n" | "file">): { readonly wanted: WantedThumb; readonly type: string } | null {
  const thumb = thumbOf(file);
  return thumb === null ? null : { wanted: { room, n, file: file.id, id: thumb.id }, type: thumb.type };
}
