/**
 * What one room is, as a value: the server's view, moved on by every event (`old snapshot + events == fresh snapshot`).
 *
 * Pure. The rules:
 * - An entry below `view.size` is already part of the view and changes nothing in it.
 * - Reading marks only rise, and what was shown to somebody stays shown (`reads.ts`).
 * - A mark as unread holds whatever is read meanwhile; only a view without it takes it away.
 * - Unread counts are messages of others and what was done to us (`concerns.ts`) after the mark; what the server counted
 *   before `counts.from` is taken from it, what came later is counted here, position by position.
 * - When the mark stops inside the part only the server has counted, the room is `stale`: its view is asked for again.
 *   So it is when a view without members comes before the entries that changed them.
 * What each type of entry makes of a room is in `entries/`. Does not know storage.
 */

import { concernsPerson } from "./concerns";
import { asEntry, kindOf } from "./entries";
import { afterErasure } from "./erasure";
import { fileChange, withFacts } from "./fileFacts";
import type { Event, MemberView, Position, RoomView } from "./protocol";
import { isMessage } from "./registry";
import { grown, type Range, without } from "./ranges";
import { memberAfter, shownTo } from "./reads";

/** The most the server counts. */
export const UNREAD_CAP = 1_000;

export interface Counts {
  /** Positions from here on are counted below, one by one. */
  readonly from: Position;
  /** What the server counted before `from`. */
  readonly unread: number;
  readonly mentions: number;
  /** Messages of others, and what was done to us, at or after `from`, after the mark, ascending. */
  readonly others: readonly Position[];
  /** Positions that mention us or everyone, ascending. */
  readonly mentioning: readonly Position[];
}

export interface RoomRecord {
  readonly view: RoomView;
  /** The position the next live entry should have; more means that something is missing. */
  readonly next: Position;
  readonly counts: Counts;
  /** Stretches of positions whose entries are in the cache, ascending, none touching. */
  readonly ranges: readonly Range[];
  /** What was shown to us here without the server knowing yet, ascending, none touching. */
  readonly pendingReads: readonly Range[];
  readonly stale: boolean;
}

/** Begins a room from the server's view, or brings a known one up to it; `me` is the person whose view this is. */
export function withView(record: RoomRecord | null, view: RoomView, me: string): RoomRecord {
  if (record !== null && view.size < record.view.size) return { ...record, stale: true };
  const merged = record === null ? view : keepMembers(record.view, view);
  return {
    view: merged,
    next: record?.next ?? view.size,
    counts: { from: view.size, unread: view.unread, mentions: view.mentions, others: [], mentioning: [] },
    ranges: record?.ranges ?? [],
    pendingReads: stillPending(record?.pendingReads ?? [], view, me),
    stale: record !== null && membersInDoubt(record, view),
  };
}

/** A view without members that is ahead of the entries here: they will come, be part of it already, and change nobody's role. */
function membersInDoubt({ view: old, stale }: RoomRecord, view: RoomView): boolean {
  const [known, said] = [old, view].map(({ members = [] }) => members.length > 0);
  return known === true && said === false && (stale || view.size > old.size);
}

/** What was shown to us as far as the view does not say that the server knows it. */
export function stillPending(pending: readonly Range[], view: RoomView, me: string): readonly Range[] {
  const own = view.members?.find((member) => member.person === me);
  return own === undefined ? pending : shownTo(own).reduce(without, pending);
}

/** How far we have read here without the server knowing yet, or null; no further than a mark as unread allows. */
export function pendingMark({ pendingReads, view }: RoomRecord): Position | null {
  const last = pendingReads.at(-1);
  return last === undefined ? null : Math.min(last[1], (view.unread_from ?? Number.MAX_SAFE_INTEGER) - 1);
}

/** A view for a list comes without members: those we know stay, with whatever the view says of their number. */
function keepMembers(old: RoomView, view: RoomView): RoomView {
  if (view.members !== undefined && view.members.length > 0) {
    const known = new Map((old.members ?? []).map((member) => [member.person, member]));
    return { ...view, members: view.members.map((member) => withKnown(member, known.get(member.person))) };
  }
  return old.members !== undefined && old.members.length === view.member_count ? { ...view, members: old.members } : view;
}

/** A view may be older than the receipts that came meanwhile: what is known to have been shown stays. */
function withKnown(member: MemberView, known: MemberView | undefined): MemberView {
  return known === undefined ? member : memberAfter(member, shownTo(known));
}

/** Applies one event of the room; `me` is the person whose view this is. Null: the room is no longer ours. */
export function applyToRoom(record: RoomRecord, event: Event, me: string): RoomRecord | null {
  if (event.n === undefined || event.n === null) return applyEphemeral(record, event, me);
  const moved: RoomRecord = {
    ...record,
    next: Math.max(record.next, event.n + 1),
    ranges: grown(record.ranges, [event.n, event.n]),
  };
  if (event.n < record.view.size) return withLast(moved, event, me);
  const changed = kindOf(event).apply(record.view, asEntry(event), me);
  if (changed === null) return null;
  const view = { ...changed, size: event.n + 1 };
  return recount(withLast(counted({ ...moved, view }, event, me), event, me));
}

function applyEphemeral(record: RoomRecord, event: Event, me: string): RoomRecord | null {
  switch (event.type) {
    case "room":
      return event.state === undefined || event.state === null ? record : withView(record, asView(event.state), me);
    case "room.left":
      return null;
    case "file":
      return withFile(record, event);
    case "receipt":
      return withReads(record, event.state ?? {}, me);
    default:
      return record; // a newer server may tell of things this client does not know
  }
}

export function asView(state: Readonly<Record<string, unknown>>): RoomView {
  return state as unknown as RoomView;
}

// --- counting ----------------------------------------------------------------------------------------------------

/** The first position that counts as unread. */
export function unreadMark(view: RoomView): Position {
  return Math.min(view.read + 1, view.unread_from ?? Number.MAX_SAFE_INTEGER);
}

function counted(record: RoomRecord, event: Event, me: string): RoomRecord {
  const { n, body } = event;
  if (n === undefined || n === null) return record;
  const kind = kindOf(event);
  const { target } = event;
  const gone = kind.effect === "retracts" && typeof target === "number" ? ([target, target] as const) : kind.erases(asEntry(event));
  if (gone !== null) return withoutMentions(record, gone);
  const { counts } = record;
  if (concerns(record.view, event, me)) return { ...record, counts: { ...counts, others: [...counts.others, n] } };
  if (!isMessage(event) || event.sender === me) return record;
  const named = body?.everyone === true || (body?.mentions ?? []).includes(me);
  // A message calls those whom its first wording named. Told late, it comes with its newest: only the server knows the first.
  const reworded = event.edited !== undefined && event.edited !== null;
  return {
    ...record,
    stale: record.stale || reworded,
    counts: {
      ...counts,
      others: [...counts.others, n],
      mentioning: named ? [...counts.mentioning, n] : counts.mentioning,
    },
  };
}

function concerns(view: RoomView, event: Event, me: string): boolean {
  return concernsPerson(view.kind, event, me);
}

/** Messages without words call nobody any more. Whether those that the server counted named us only the server can say. */
function withoutMentions(record: RoomRecord, [first, last]: Range): RoomRecord {
  const { counts, view } = record;
  const stale = record.stale || (counts.mentions > 0 && first < counts.from && last >= unreadMark(view));
  return { ...record, stale, counts: { ...counts, mentioning: counts.mentioning.filter((n) => n < first || n > last) } };
}

function recount(record: RoomRecord): RoomRecord {
  const mark = unreadMark(record.view);
  const { counts, view } = record;
  // The newest UNREAD_CAP positions decide every count up to the cap, so older ones need not be kept.
  const others = counts.others.filter((n) => n >= mark).slice(-UNREAD_CAP);
  const mentioning = counts.mentioning.filter((n) => n >= mark).slice(-UNREAD_CAP);
  const server = mark >= counts.from ? { unread: 0, mentions: 0 } : { unread: counts.unread, mentions: counts.mentions };
  return {
    ...record,
    counts: { from: counts.from, ...server, others, mentioning },
    view: {
      ...view,
      unread: Math.min(UNREAD_CAP, server.unread + others.length),
      mentions: Math.min(UNREAD_CAP, server.mentions + mentioning.length),
    },
  };
}

/** What a receipt's event says: each person's furthest position, and all that was shown to them. */
interface ReceiptState {
  readonly read?: Readonly<Record<string, Position>>;
  readonly shown?: Readonly<Record<string, readonly Range[]>>;
}

/** May be applied again, and out of order with its like: whoever looks at the room hears it before the feed tells it. */
function withReads(record: RoomRecord, { read = {}, shown = {} }: ReceiptState, me: string): RoomRecord {
  let { view } = record;
  const members = view.members?.map((member) => {
    const ranges = shown[member.person];
    return ranges === undefined ? member : memberAfter(member, ranges);
  });
  if (members?.some((member, i) => member !== view.members?.[i])) view = { ...view, members };
  const own = read[me];
  if (own === undefined) return view === record.view ? record : { ...record, view };
  const pendingReads = (shown[me] ?? []).reduce(without, record.pendingReads);
  const before = unreadMark(view);
  const raised: RoomView = { ...view, read: Math.max(view.read, own) };
  const after = unreadMark(raised);
  const inside = after !== before && after < record.counts.from && record.counts.unread > 0;
  return recount({ ...record, view: raised, pendingReads, stale: record.stale || inside });
}

// --- the row's second line -----------------------------------------------------------------------------------------

/** What became known of a file of the newest message. */
function withFile(record: RoomRecord, event: Event): RoomRecord {
  const [change, { last }] = [fileChange(event), record.view];
  if (change === null || last === undefined || last === null) return record;
  const changed = withFacts(last, change);
  return changed === last ? record : { ...record, view: { ...record.view, last: changed } };
}

/** The newest message or thing done to us, kept for the list; later entries that point at it change it. */
function withLast(record: RoomRecord, event: Event, me: string): RoomRecord {
  const { last } = record.view;
  if (isMessage(event) || concerns(record.view, event, me)) {
    if (last !== undefined && last !== null && (last.n ?? -1) >= (event.n ?? -1)) return record;
    // A hidden room returns with its next message (F40).
    const { hidden: _, ...shown } = record.view;
    return { ...record, view: { ...shown, last: event } };
  }
  if (last === undefined || last === null) return record;
  const changed = changedLast(last, event);
  return changed === last ? record : { ...record, view: { ...record.view, last: changed } };
}

/** The line after a later entry: its words may be others or gone; reactions are not shown there. */
function changedLast(last: Event, event: Event): Event {
  const kind = kindOf(event);
  const gone = kind.erases(asEntry(event));
  if (gone !== null) return afterErasure(last, gone);
  const changesWords = kind.effect === "rewords" || kind.effect === "retracts";
  return changesWords && event.target === last.n ? kind.fold(last, asEntry(event)) : last;
}
