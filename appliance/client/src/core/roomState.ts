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
 * Does not know entries' contents beyond that (`timeline.ts`), nor storage.
 */

import { concernsPerson } from "./concerns";
import { erasedRange, losesWords } from "./erasure";
import type { Event, MemberView, Position, RoomView } from "./protocol";
import { grown, type Range, without } from "./ranges";
import { memberAfter, shownTo } from "./reads";
import { deniedActions, type Role, type RuleRoom } from "./rules";

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
  readonly naming: readonly Position[];
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
    counts: { from: view.size, unread: view.unread, mentions: view.mentions, others: [], naming: [] },
    ranges: record?.ranges ?? [],
    pendingReads: stillPending(record?.pendingReads ?? [], view, me),
    stale: false,
  };
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
  if (event.n === undefined || event.n === null) return applyPassing(record, event, me);
  const moved: RoomRecord = {
    ...record,
    next: Math.max(record.next, event.n + 1),
    ranges: grown(record.ranges, [event.n, event.n]),
  };
  if (event.n < record.view.size) return withLast(moved, event, me);
  if (leaves(event, me)) return null;
  const view = { ...applyState(record.view, event, me), size: event.n + 1 };
  return recount(withLast(counted({ ...moved, view }, event, me), event, me));
}

function leaves(event: Event, me: string): boolean {
  if (event.type !== "member.remove" && event.type !== "sys.remove") return false;
  return listIn(event.state?.["members"]).includes(me);
}

function applyPassing(record: RoomRecord, event: Event, me: string): RoomRecord | null {
  switch (event.type) {
    case "room":
      return event.state === undefined || event.state === null ? record : withView(record, asView(event.state), me);
    case "room.left":
      return null;
    case "receipt":
      return withReads(record, event.state ?? {}, me);
    default:
      return record; // a newer server may tell of things this client does not know
  }
}

export function asView(state: Readonly<Record<string, unknown>>): RoomView {
  return state as unknown as RoomView;
}

// --- entries that change the room --------------------------------------------------------------------------------

/** How a member was written down in the log when they were added. */
export interface Card {
  readonly p: string;
  readonly name?: string | null;
  readonly unit?: string | null;
  readonly post?: string | null;
}

/** A field of an event's state that the server promises to be a list. */
export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

function applyState(view: RoomView, event: Event, me: string): RoomView {
  const state = event.state ?? {};
  switch (event.type) {
    case "room.rename":
      return { ...view, name: state["name"] as string };
    case "room.close":
    case "sys.close":
      return redenied({ ...view, closed: true });
    case "member.add":
      return redenied(withMembers(view, listIn(state["members"]) as readonly Card[], event.n ?? 0));
    case "member.remove":
    case "sys.remove":
      return redenied(withoutMembers(view, new Set(listIn(state["members"]) as readonly string[])));
    case "owner.transfer":
    case "owner.reassign":
      return redenied(handedOver(view, state["to"] as string, me, state["post"]));
    default:
      return view;
  }
}

function withMembers(view: RoomView, cards: readonly Card[], since: Position): RoomView {
  const known = new Set((view.members ?? []).map((member) => member.person));
  const fresh = cards.filter((card) => !known.has(card.p));
  const counted = { ...view, member_count: view.member_count + fresh.length };
  if (view.members === undefined || view.members.length === 0) return counted;
  const members = fresh.map((card): MemberView => {
    const member: MemberView = { person: card.p, name: card.name ?? "", role: "member", since, read: since - 1 };
    if (typeof card.unit === "string") member.unit = card.unit;
    if (typeof card.post === "string") member.post = card.post;
    return member;
  });
  return { ...counted, members: [...view.members, ...members] };
}

function withoutMembers(view: RoomView, gone: ReadonlySet<string>): RoomView {
  const counted = { ...view, member_count: view.member_count - gone.size };
  if (view.members === undefined) return counted;
  return { ...counted, members: view.members.filter((member) => !gone.has(member.person)) };
}

function handedOver(view: RoomView, to: string, me: string, post: unknown): RoomView {
  const { owner_post: _, ...rest } = view;
  const moved: RoomView = { ...rest, owner: to, role: to === me ? "owner" : "member" };
  if (typeof post === "string") moved.owner_post = post;
  if (view.members !== undefined) {
    moved.members = view.members.map((member) => ({
      ...member,
      role: member.person === to ? "owner" : member.role === "owner" ? "member" : member.role,
    }));
  }
  return moved;
}

export function ruleRoom(view: RoomView): RuleRoom {
  return {
    kind: view.kind,
    owner: view.owner,
    closed: view.closed ?? false,
    memberCount: view.member_count,
    members: (view.members ?? []).map((member) => member.person),
  };
}

export function roleIn(view: RoomView): Role {
  return view.role === "owner" ? "owner" : "member";
}

function redenied(view: RoomView): RoomView {
  // The server alone knows when a room is whole again.
  if (view.damaged === true) return view;
  const { denied: _, ...rest } = view;
  const denied = deniedActions(ruleRoom(view), roleIn(view));
  return Object.keys(denied).length === 0 ? rest : { ...rest, denied };
}

// --- counting ----------------------------------------------------------------------------------------------------

/** The first position that counts as unread. */
export function unreadMark(view: RoomView): Position {
  return Math.min(view.read + 1, view.unread_from ?? Number.MAX_SAFE_INTEGER);
}

function counted(record: RoomRecord, event: Event, me: string): RoomRecord {
  const { n, body } = event;
  if (n === undefined || n === null) return record;
  if (event.type === "message.redact") return withoutMention(record, event.target ?? null);
  const { counts } = record;
  if (concerns(record.view, event, me)) return { ...record, counts: { ...counts, others: [...counts.others, n] } };
  if (event.type !== "message.text") return record;
  if (event.sender === me) return record;
  const named = body?.everyone === true || (body?.mentions ?? []).includes(me);
  // A message calls those whom its first wording named. Told late, it comes with its newest: only the server knows the first.
  const reworded = event.edited !== undefined && event.edited !== null;
  return {
    ...record,
    stale: record.stale || reworded,
    counts: {
      ...counts,
      others: [...counts.others, n],
      naming: named ? [...counts.naming, n] : counts.naming,
    },
  };
}

function concerns(view: RoomView, event: Event, me: string): boolean {
  return concernsPerson(view.kind, event.type, event.sender ?? "", event.state ?? {}, me);
}

/** A retracted message calls nobody any more. Whether one that the server counted named us only the server can say. */
function withoutMention(record: RoomRecord, target: Position | null): RoomRecord {
  const { counts, view } = record;
  if (target === null) return record;
  if (target < counts.from) return { ...record, stale: record.stale || (counts.mentions > 0 && target >= unreadMark(view)) };
  return { ...record, counts: { ...counts, naming: counts.naming.filter((n) => n !== target) } };
}

function recount(record: RoomRecord): RoomRecord {
  const mark = unreadMark(record.view);
  const { counts, view } = record;
  // The newest UNREAD_CAP positions decide every count up to the cap, so older ones need not be kept.
  const others = counts.others.filter((n) => n >= mark).slice(-UNREAD_CAP);
  const naming = counts.naming.filter((n) => n >= mark).slice(-UNREAD_CAP);
  const server = mark >= counts.from ? { unread: 0, mentions: 0 } : { unread: counts.unread, mentions: counts.mentions };
  return {
    ...record,
    counts: { from: counts.from, ...server, others, naming },
    view: {
      ...view,
      unread: Math.min(UNREAD_CAP, server.unread + others.length),
      mentions: Math.min(UNREAD_CAP, server.mentions + naming.length),
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

/** The newest message or thing done to us, kept for the list; later entries that point at it change it. */
function withLast(record: RoomRecord, event: Event, me: string): RoomRecord {
  const { last } = record.view;
  if (event.type === "message.text" || concerns(record.view, event, me)) {
    if (last !== undefined && last !== null && (last.n ?? -1) >= (event.n ?? -1)) return record;
    // A hidden room returns with its next message (F40).
    const { hidden: _, ...shown } = record.view;
    return { ...record, view: { ...shown, last: event } };
  }
  if (last === undefined || last === null) return record;
  const gone = erasedRange(event);
  if (gone !== null) {
    if (!losesWords(last, gone) || (last.hidden ?? null) !== null) return record;
    const { body: _, edited: __, ...rest } = last;
    return { ...record, view: { ...record.view, last: { ...rest, hidden: "erased" } } };
  }
  if (event.target === undefined || event.target === null) return record;
  if (event.target !== last.n) return record;
  if (event.type === "message.redact") {
    const { body: _, edited: __, ...rest } = last;
    return { ...record, view: { ...record.view, last: { ...rest, hidden: "retracted" } } };
  }
  if (event.type === "message.edit" && event.body !== undefined && event.body !== null && last.hidden === undefined) {
    const edited = { n: event.n ?? 0, at: event.at };
    return { ...record, view: { ...record.view, last: { ...last, body: event.body, edited } } };
  }
  return record;
}
