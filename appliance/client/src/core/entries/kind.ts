/**
 * What the client has to know of a type of entry. One file a type, and one row in `index.ts`, which the compiler asks for. A
 * row begins as `SILENT` and says what is different, so a type of which nothing is said shows nothing.
 */

import type { CardView, EntryEvent, Event, Position, RoomView } from "../protocol";
import type { Range } from "../ranges";
import type { PersonId, Quote, TimelineItem } from "../snapshots";

/** The entry of a type. */
export type Entry<T extends EntryEvent["type"]> = Extract<EntryEvent, { type: T }>;

/** A reaction of ours that the log has not confirmed yet. */
export interface OwnReaction {
  readonly n: Position;
  readonly emoji: string;
  readonly on: boolean;
}

/** What an item needs beside its entry. */
export interface ItemContext {
  readonly me: PersonId;
  readonly keyOf: (n: Position) => string;
  readonly quote: (n: Position) => Quote;
  readonly readersOf: (n: Position, sender: PersonId) => { by: number; of: number };
  readonly ownReactions: readonly OwnReaction[];
}

/** What an entry does to the message it points at. */
export type Effect = "rewords" | "retracts" | "marks";

export interface EntryKind<E> {
  /** What it does to the message it points at; null where it points at none. */
  readonly effect: Effect | null;
  /** What a notification tells those whom it concerns; null for nothing. */
  readonly notifies: "added" | "owner" | null;
  /** The requests to the room's owner tell of it: who answers them, and what the room is called. */
  readonly changesRequests: boolean;
  /** What it makes of the room; null when the room is ours no more. */
  apply(view: RoomView, entry: E, me: PersonId): RoomView | null;
  /** The message it points at, as it is after it. */
  fold(message: Event, entry: E): Event;
  /** What stands in the timeline in its place; null for nothing. */
  item(entry: E, context: ItemContext): TimelineItem | null;
  /** What a reply shows of it. */
  quote(entry: E): Quote;
  /** Those whom it concerns without being a message: people, or `EVERYONE` but the sender. */
  concerns(entry: E): readonly PersonId[];
  /** People as they were written down when it named them. */
  introduces(entry: E): readonly CardView[];
  /** The positions whose words it destroys; null for none. */
  erases(entry: E): Range | null;
}

/** Stands for everyone in the room but the sender. */
export const EVERYONE = "*";

/** An entry that changes nothing, shows nothing and concerns nobody: what a type says differently, it says itself. */
export const SILENT = {
  effect: null,
  notifies: null,
  changesRequests: false,
  apply: (view: RoomView) => view,
  fold: (message: Event) => message,
  item: () => null,
  quote: ({ n }: { n: Position }): Quote => ({ kind: "gone", n }),
  concerns: () => [],
  introduces: () => [],
  erases: () => null,
} as const;
