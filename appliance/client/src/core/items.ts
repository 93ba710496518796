/**
 * From rows of the log to what a view shows: messages, notices, quotes.
 *
 * Pure. An item keeps its identity as long as nothing it shows has changed, so a view redraws only what did.
 */

import type { Event, Position } from "./protocol";
import type { MessageItem, Notice, PersonId, Quote, ReactionView, TimelineItem } from "./snapshots";
import { isHidden, namedIn, withReaction } from "./timeline";

/** A reaction of ours that the log has not confirmed yet. */
export interface OwnReaction {
  readonly n: Position;
  readonly emoji: string;
  readonly on: boolean;
}

export interface ItemContext {
  readonly me: PersonId;
  readonly keyOf: (n: Position) => string;
  readonly quote: (n: Position) => Quote;
  readonly readersOf: (n: Position, sender: PersonId) => { by: number; of: number };
  readonly ownReactions: readonly OwnReaction[];
}

/** Returns what the entry looks like; null for one that only changes others. */
export function itemOf(event: Event, context: ItemContext): TimelineItem | null {
  if (typeof event.n !== "number") return null;
  if (event.type === "message.text") return messageOf(event as Event & { n: number }, context);
  const notice = noticeOf(event);
  if (notice === null) return null;
  return { kind: "notice", key: context.keyOf(event.n), n: event.n, sender: event.sender ?? null, at: event.at, notice };
}

function messageOf(event: Event & { n: number }, context: ItemContext): MessageItem {
  const sender = event.sender ?? "";
  const mentions = event.body?.mentions ?? [];
  const everyone = event.body?.everyone ?? false;
  return {
    kind: "message",
    key: context.keyOf(event.n),
    n: event.n,
    id: event.id ?? "",
    sender,
    mine: sender === context.me,
    at: event.at,
    text: event.body?.text ?? "",
    mentions,
    everyone,
    mentionsMe: everyone || mentions.includes(context.me),
    edited: event.edited?.at ?? null,
    hidden: event.hidden ?? null,
    reply: typeof event.reply_to === "number" ? context.quote(event.reply_to) : null,
    reactions: reactionsOf(event, context),
    read: context.readersOf(event.n, sender),
  };
}

function reactionsOf(event: Event & { n: number }, { me, ownReactions }: ItemContext): ReactionView[] {
  if (isHidden(event)) return [];
  const known = ownReactions
    .filter((own) => own.n === event.n)
    .reduce((reactions, own) => withReaction(reactions, own.emoji, me, own.on), event.reactions ?? []);
  return known.map(({ emoji, people }) => ({ emoji, people, mine: people.includes(me) }));
}

function noticeOf(event: Event): Notice | null {
  const state = event.state ?? {};
  const text = (name: string): string | null => (typeof state[name] === "string" ? state[name] : null);
  switch (event.type) {
    case "room.create":
      return { what: "created", name: text("name") };
    case "room.rename":
      return { what: "renamed", name: text("name") ?? "", old: text("old") };
    case "room.close":
      return { what: "closed" };
    case "sys.close":
      return { what: "closed_by_system", why: text("why") ?? "" };
    case "member.add":
      return { what: "added", people: namedIn(event) };
    case "member.remove":
      return { what: "removed", people: namedIn(event) };
    case "sys.remove":
      return { what: "removed_by_system", people: namedIn(event), why: text("why") ?? "" };
    case "owner.transfer":
      return { what: "transferred", to: text("to") ?? "" };
    case "owner.reassign":
      return { what: "reassigned", to: text("to") ?? "", why: text("why") ?? "" };
    case "damaged":
      return { what: "damaged" };
    default:
      return null;
  }
}

/** What a reply shows of the message it answers. */
export function quoteOf(event: Event & { n: number }): Quote {
  if (event.type !== "message.text" || isHidden(event)) return { kind: "gone", n: event.n };
  return { kind: "known", n: event.n, sender: event.sender ?? "", text: event.body?.text ?? "" };
}

/** Returns `old` when it shows the same as `fresh`. */
export function sameOr(old: TimelineItem | undefined, fresh: TimelineItem): TimelineItem {
  return old !== undefined && old.kind === fresh.kind && equal(old, fresh) ? old : fresh;
}

function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((key) => equal(x[key], y[key]));
}

