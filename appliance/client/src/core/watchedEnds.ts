/**
 * What comes into a room while somebody looks at its end: it does not count as unread for the moment until it is reported.
 *
 * Owns which tab has the end of which room before its reader, and from which position on the messages came meanwhile. A
 * timeline reports what was on the screen a little later, when its place has settled (F16); nothing is reported from here.
 * What is reported is the room's record's from then on, and counts again when the server refuses it. What is not reported
 * within LAG_MS was not on the screen, or the tab has died, and counts.
 */

import type { Ports, TimerId } from "./ports";
import type { Position } from "./protocol";
import { pendingMark, type RoomRecord } from "./roomState";
import type { RoomId } from "./snapshots";

/** Longer than a timeline takes to report (`useTimelineScroll.ts`), and the cache to keep it, on a slow device. */
const LAG_MS = 5_000;

interface End {
  /** What came before is known to be read or unread. */
  from: Position;
  next: Position;
  timer: TimerId | null;
}

export class WatchedEnds {
  readonly #tabs = new Map<string, RoomId>();
  readonly #ends = new Map<RoomId, End>();

  constructor(
    private readonly time: Ports["time"],
    /** Called when something counts that did not. */
    private readonly onLate: () => void,
  ) {}

  /** Takes in the room whose end a tab has before its reader, null for none; `record` is that room's. */
  note(tab: string, room: RoomId | null, record: RoomRecord | undefined): void {
    this.#tabs.delete(tab);
    if (room !== null) this.#tabs.set(tab, room);
    const watched = new Set(this.#tabs.values());
    for (const [id, end] of this.#ends) if (!watched.has(id)) this.#forget(id, end);
    if (room === null || record === undefined || this.#ends.has(room)) return;
    this.#ends.set(room, { from: record.next, next: record.next, timer: null });
  }

  /** Takes in the room as it is now. Returns from where on everything came while its end is watched; null when it is not. */
  take(record: RoomRecord): Position | null {
    const end = this.#ends.get(record.view.id);
    if (end === undefined) return null;
    const told = Math.max(record.view.read, pendingMark(record) ?? -1) + 1;
    if (told > end.from) this.#settle(end, told);
    end.next = record.next;
    if (end.next > end.from) end.timer ??= this.time.setTimeout(() => this.#late(end), LAG_MS);
    return end.from;
  }

  clear(): void {
    this.#tabs.clear();
    for (const [id, end] of this.#ends) this.#forget(id, end);
  }

  #late(end: End): void {
    this.#settle(end, end.next);
    this.onLate();
  }

  #settle(end: End, from: Position): void {
    if (end.timer !== null) this.time.clearTimeout(end.timer);
    end.timer = null;
    end.from = from;
  }

  #forget(id: RoomId, end: End): void {
    this.#settle(end, end.next);
    this.#ends.delete(id);
  }
}
