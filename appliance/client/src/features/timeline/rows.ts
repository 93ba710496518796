/**
 * The rows of a timeline: messages grouped by author, days, the «new messages» line, what happened to the room, and above
 * them all that the reader cleared what came before.
 *
 * Pure. Rules: a group ends with another author, another day, five minutes of silence or anything in between; every row
 * has a key that stays the same while older or newer rows arrive, so that the view keeps its place; rows are in reading
 * order.
 */
import type { MessageItem, NoticeItem, PendingItem, TimelineItem, TimelineSnapshot } from "#core/snapshots";
import { dayNumber } from "#i18n/dates";

export type Row =
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | { readonly kind: "unread"; readonly key: string }
  | { readonly kind: "cleared"; readonly key: string; readonly at: number }
  | { readonly kind: "notice"; readonly key: string; readonly item: NoticeItem }
  | { readonly kind: "message"; readonly key: string; readonly item: MessageItem; readonly head: boolean; readonly tail: boolean }
  | { readonly kind: "pending"; readonly key: string; readonly item: PendingItem; readonly head: boolean };

const GROUP_MS = 5 * 60_000;
/** A long run by one author names them again at every such position: fixed by position, so no page that loads moves it. */
const NAMED_AGAIN = 16;

export function timelineRows(snapshot: TimelineSnapshot, me: string): readonly Row[] {
  const rows: Row[] = [];
  let day: number | null = null;
  let lined = !reachesLine(snapshot);
  if (snapshot.clearedAt !== null && !snapshot.hasOlder) rows.push({ kind: "cleared", key: "cleared", at: snapshot.clearedAt });
  for (const item of snapshot.items) {
    if (dayNumber(item.at) !== day) {
      // Whether a day begins at the first loaded item is not known while older ones exist; a line that vanished when
      // they arrive would lose the reader's place.
      const known = day !== null || !snapshot.hasOlder;
      day = dayNumber(item.at);
      if (known) rows.push({ kind: "day", key: `day-${item.key}`, at: item.at });
    }
    if (!lined && isUnread(item, snapshot.unreadLine)) {
      lined = true;
      rows.push({ kind: "unread", key: "unread" });
    }
    if (item.kind === "notice") rows.push({ kind: "notice", key: item.key, item });
    else rows.push({ kind: "message", key: item.key, item, head: item.n % NAMED_AGAIN === 0 || !continues(rows.at(-1), item.sender, item.at), tail: true });
    endGroupBefore(rows);
  }
  if (!snapshot.hasNewer) pushPending(rows, snapshot.pending, me, day);
  return rows;
}

/** True when the loaded part reaches back to the first unread message; above that, nothing is known to be new. */
export function reachesLine({ unreadLine, items, hasOlder }: TimelineSnapshot): boolean {
  return unreadLine !== null && (!hasOlder || (items[0]?.n ?? Infinity) <= unreadLine);
}

/** The line stands before the first unread message of somebody else; what happened to the room draws none. */
function isUnread(item: TimelineItem, line: number | null): boolean {
  return line !== null && item.n >= line && item.kind === "message" && !item.mine;
}

function pushPending(rows: Row[], pending: readonly PendingItem[], me: string, day: number | null): void {
  for (const item of pending) {
    if (day === null || dayNumber(item.at) > day) {
      day = dayNumber(item.at);
      rows.push({ kind: "day", key: `day-${item.key}`, at: item.at });
    }
    rows.push({ kind: "pending", key: item.key, item, head: !continues(rows.at(-1), me, item.at) });
  }
}

/** True when a message by `sender` at `at` belongs to the group that `previous` is part of. */
function continues(previous: Row | undefined, sender: string, at: number): boolean {
  if (previous?.kind === "pending") return at - previous.item.at < GROUP_MS;
  return previous?.kind === "message" && previous.item.sender === sender && at - previous.item.at < GROUP_MS;
}

/** The row before a continuing message is no longer the end of its group. */
function endGroupBefore(rows: Row[]): void {
  const last = rows.at(-1);
  const before = rows.at(-2);
  if (last?.kind === "message" && !last.head && before?.kind === "message") rows[rows.length - 2] = { ...before, tail: false };
}

/** Where to stand when a room opens: at the «new messages» line, else at the newest. */
export function openingIndex(rows: readonly Row[]): { index: number; align: "start" | "end" } {
  const unread = rows.findIndex((row) => row.kind === "unread");
  return unread === -1 ? { index: rows.length - 1, align: "end" } : { index: unread, align: "start" };
}

/** Index of the row of position `n`, or −1. */
export function indexOfPosition(rows: readonly Row[], n: number): number {
  return rows.findIndex((row) => (row.kind === "message" || row.kind === "notice") && row.item.n === n);
}

/** Where a row lies, in pixels from the top of the timeline. */
export interface Place {
  readonly index: number;
  readonly start: number;
  readonly end: number;
}

/** How much of a body must be on the screen before it counts as seen: the whole of one that is smaller. */
const SEEN_PX = 32;

/** Indexes of the rows that are seen between `top` and `bottom`, in order. */
export function onScreen(places: readonly Place[], top: number, bottom: number): number[] {
  return places
    .filter(({ start, end }) => Math.min(end, bottom) - Math.max(start, top) >= Math.min(end - start, SEEN_PX))
    .map(({ index }) => index);
}

/**
 * Positions that are on the screen when these rows are, or null. A row stands for its own position and for those before it
 * back to the row above that has one: what changed other messages makes no gap in what was shown.
 */
export function positionsShown(rows: readonly Row[], indexes: readonly number[]): readonly [first: number, last: number] | null {
  const shown = indexes.filter((i) => positionOf(rows[i]) !== null);
  const [top, bottom] = [shown[0], shown.at(-1)];
  if (top === undefined || bottom === undefined) return null;
  const [first, last] = [positionOf(rows[top]), positionOf(rows[bottom])];
  if (first === null || last === null) return null;
  const above = positionOf(rows.slice(0, top).findLast((row) => positionOf(row) !== null));
  return [above === null ? first : above + 1, last];
}

function positionOf(row: Row | undefined): number | null {
  return row?.kind === "message" || row?.kind === "notice" ? row.item.n : null;
}
