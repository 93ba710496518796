/**
 * The timeline of a room as a pure reducer: entries by position, later entries folded into those they point at.
 *
 * Rules:
 * - A row is one entry with the edits, retraction and reactions known so far folded in. `asOf` says from which position
 *   on later entries are not folded in yet, so folding twice, or folding what a page already contained, changes nothing.
 * - A retracted message loses its words here too, at once (C4).
 * - An entry that is no message and no notice (an edit, a reaction) has a row, so that positions have no gaps, and no item.
 */

import { losesWords } from "./erasure";
import { listIn } from "./roomState";
import type { Event, Position, Reaction } from "./protocol";
import type { Range } from "./ranges";

export interface Row {
  readonly event: Event;
  readonly asOf: Position;
}

export const FOLDED: ReadonlySet<string> = new Set(["message.edit", "message.redact", "message.reaction"]);

/** True when the event is an entry that changes an older one. */
export function pointsBack(event: Event): event is Event & { n: number; target: number } {
  return FOLDED.has(event.type) && typeof event.target === "number" && typeof event.n === "number";
}

/** True when the event is an entry of a room's log. */
export function isEntry(event: Event): event is Event & { n: number; room: string } {
  return typeof event.n === "number" && typeof event.room === "string";
}

/** The row of an entry that has just come alive: everything after it is still to be folded. */
export function liveRow(event: Event & { n: number }): Row {
  return { event: kept(event), asOf: event.n + 1 };
}

/** The row of an entry read as part of a page; `asOf` is the size the room was known to have when it was asked for. */
export function pageRow(event: Event, asOf: Position): Row {
  return { event: kept(event), asOf };
}

/** An edit's words live in the message it changes and nowhere else, so that a retraction takes them all. */
function kept(event: Event): Event {
  if (event.type !== "message.edit") return event;
  const { body: _, ...rest } = event;
  return rest;
}

/** Folds a later entry into the row it points at; the same row when it changes nothing. */
export function fold(row: Row, later: Event & { n: number }): Row {
  if (later.n < row.asOf) return row;
  const asOf = later.n + 1;
  switch (later.type) {
    case "message.edit":
      return { event: edited(row.event, later), asOf };
    case "message.redact":
      return { event: hide(row.event, "retracted"), asOf };
    case "message.reaction":
      return { event: reacted(row.event, later), asOf };
    default:
      return row;
  }
}

/** Takes the words off a row where `later` says they were destroyed; those of a later edit stand. */
export function erase(row: Row, gone: Range, later: Event & { n: number }): Row {
  if (later.n < row.asOf || isHidden(row.event) || !losesWords(row.event, gone)) return row;
  return { event: hide(row.event, "erased"), asOf: later.n + 1 };
}

function edited(event: Event, edit: Event & { n: number }): Event {
  if (isHidden(event) || edit.body === undefined || edit.body === null || (event.edited?.n ?? -1) >= edit.n) return event;
  return { ...event, body: edit.body, edited: { n: edit.n, at: edit.at } };
}

/** Takes the words off an entry, leaving the trace. */
export function hide(event: Event, reason: string): Event {
  const { body: _, edited: __, reactions: ___, ...rest } = event;
  return { ...rest, hidden: reason };
}

export function isHidden(event: Event): boolean {
  return event.hidden !== undefined && event.hidden !== null;
}

function reacted(event: Event, reaction: Event): Event {
  const emoji = reaction.state?.["emoji"];
  const { sender } = reaction;
  if (isHidden(event) || typeof emoji !== "string" || typeof sender !== "string") return event;
  return { ...event, reactions: withReaction(event.reactions ?? [], emoji, sender, reaction.state?.["on"] !== false) };
}

/** Puts a person under an emoji, or takes them off; an emoji nobody uses disappears. */
export function withReaction(reactions: readonly Reaction[], emoji: string, person: string, on: boolean): Reaction[] {
  const known = reactions.find((reaction) => reaction.emoji === emoji);
  if (known === undefined) return on ? [...reactions, { emoji, people: [person] }] : [...reactions];
  const others = known.people.filter((other) => other !== person);
  const people = on ? (others.length === known.people.length ? [...others, person] : known.people) : others;
  return reactions
    .map((reaction) => (reaction === known ? { emoji, people } : reaction))
    .filter((reaction) => reaction.people.length > 0);
}

/** Which part of a room a page of messages covers without a gap, given what was asked. Null: nothing. */
export function covered(
  asked: { before?: number | null; after?: number | null; around?: number | null },
  events: readonly Event[],
  hasMore: boolean,
  size: Position,
): Range | null {
  const positions = events.map((event) => event.n).filter((n): n is number => typeof n === "number");
  const lowest = Math.min(...positions);
  const highest = Math.max(...positions);
  if (typeof asked.before === "number") {
    if (positions.length === 0) return asked.before > 0 ? [0, asked.before - 1] : null;
    return [hasMore ? lowest : 0, asked.before - 1];
  }
  if (typeof asked.after === "number") {
    const end = hasMore ? highest : Math.max(highest, size - 1);
    return end > asked.after ? [asked.after + 1, end] : null;
  }
  if (positions.length === 0) return null;
  if (typeof asked.around === "number") return [lowest, highest];
  return [hasMore ? lowest : 0, Math.max(highest, size - 1)];
}

/** People a state entry names, as the log wrote them down at the time. */
export function namedIn(event: Event): { p: string; name: string | null }[] {
  return listIn(event.state?.["members"]).flatMap((member) => {
    if (typeof member === "string") return [{ p: member, name: null }];
    const card = member as { p?: unknown; name?: unknown };
    if (typeof card.p !== "string") return [];
    return [{ p: card.p, name: typeof card.name === "string" ? card.name : null }];
  });
}
