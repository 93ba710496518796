/**
 * The timeline of a room as a pure reducer: entries by position, later entries folded into those they point at.
 *
 * Rules:
 * - A row is one entry with the edits, retraction and reactions known so far folded in. `asOf` says from which position
 *   on later entries are not folded in yet, so folding twice, or folding what a page already contained, changes nothing.
 * - A retracted message loses its words here too, at once (C4).
 * - An entry that is no message and no notice (an edit, a reaction) has a row, so that positions have no gaps, and no item.
 */

import { asEntry, kindOf } from "./entries";
import { afterErasure } from "./erasure";
import { withFacts } from "./fileFacts";
import type { Event, FileChanged, Position } from "./protocol";
import type { Range } from "./ranges";

export interface Row {
  readonly event: Event;
  readonly asOf: Position;
}

/** True when the event is an entry that changes an older one. */
export function pointsBack(event: Event): event is Event & { n: number; target: number } {
  return kindOf(event).effect !== null && typeof event.target === "number" && typeof event.n === "number";
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
  if (kindOf(event).effect !== "rewords") return event;
  const { body: _, ...rest } = event;
  return rest;
}

/** Folds a later entry into the row it points at; the same row when it changes nothing. */
export function fold(row: Row, later: Event & { n: number }): Row {
  if (later.n < row.asOf) return row;
  return { event: kindOf(later).fold(row.event, asEntry(later)), asOf: later.n + 1 };
}

/** The row with what an event says of a file of it; the same row when it says nothing of one. */
export function refile(row: Row, change: FileChanged): Row {
  const event = withFacts(row.event, change);
  return event === row.event ? row : { ...row, event };
}

/** Takes the words off a row where `later` says they were destroyed; those of a later edit stand. */
export function erase(row: Row, gone: Range, later: Event & { n: number }): Row {
  const event = later.n < row.asOf ? row.event : afterErasure(row.event, gone);
  return event === row.event ? row : { event, asOf: later.n + 1 };
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
