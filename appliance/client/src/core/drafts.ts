/**
 * What people have begun to write, one draft a room, kept on this device (C17).
 *
 * A draft is in memory at once and in the cache a moment after typing pauses; other tabs hear of it then.
 */

import { draftKept, loadDrafts } from "./db/drafts";
import type { Tables } from "./db/tables";
import type { Ports, TimerId } from "./ports";
import type { DraftText, RoomId } from "./snapshots";
import { Store, type Readable } from "./store";

const PAUSE_MS = 400;
export const EMPTY_DRAFT: DraftText = { text: "", mentions: [], everyone: false, replyTo: null };

/** A draft with words that come back to be written anew in front of it. */
export function withWordsBefore(back: DraftText, { text, mentions, everyone, replyTo }: DraftText): DraftText {
  return {
    text: [back.text, text].filter(Boolean).join("\n"),
    mentions: [...back.mentions, ...mentions],
    everyone: back.everyone || everyone,
    replyTo: back.replyTo ?? replyTo,
  };
}

export class Drafts {
  readonly #drafts = new Map<RoomId, Store<DraftText>>();
  readonly #timers = new Map<RoomId, TimerId>();
  #tables: Tables | null = null;
  /** Called after a draft was kept, for the other tabs. */
  announce: (room: RoomId, draft: DraftText) => void = () => undefined;

  constructor(private readonly ports: Ports) {}

  async open(tables: Tables): Promise<void> {
    this.#tables = tables;
    for (const { room, draft } of await loadDrafts(tables)) this.#draft(room).set(draft);
  }

  close(): void {
    this.#tables = null;
    for (const timer of this.#timers.values()) this.ports.time.clearTimeout(timer);
    this.#timers.clear();
    for (const draft of this.#drafts.values()) draft.set(EMPTY_DRAFT);
  }

  draft(room: RoomId): Readable<DraftText> {
    return this.#draft(room);
  }

  set(room: RoomId, draft: DraftText): void {
    this.#draft(room).set(draft);
    const waiting = this.#timers.get(room);
    if (waiting !== undefined) this.ports.time.clearTimeout(waiting);
    this.#timers.set(room, this.ports.time.setTimeout(() => void this.#keep(room), PAUSE_MS));
  }

  /** Takes in a draft written in another tab, unless this one is being typed in. */
  follow(room: RoomId, draft: DraftText): void {
    if (!this.#timers.has(room)) this.#draft(room).set(draft);
  }

  /** Rooms in which somebody has begun to write. */
  begun(): readonly RoomId[] {
    return [...this.#drafts].filter(([, draft]) => draft.snapshot().text !== "").map(([room]) => room);
  }

  /** A chat has begun: what was being written in it goes on in its room, behind what was begun there. */
  move(from: RoomId, to: RoomId): void {
    const [moved, there] = [this.#draft(from).snapshot(), this.#draft(to).snapshot()];
    if (moved.text === "") return;
    const text = [there.text, moved.text].filter(Boolean).join("\n");
    this.set(to, { ...there, text, mentions: [...there.mentions, ...moved.mentions] });
    this.set(from, EMPTY_DRAFT);
  }

  /** Keeps what could not be sent any more before the draft: the room is gone, the words are their author's. */
  rescue(room: RoomId, unsent: readonly string[]): void {
    const draft = this.#draft(room).snapshot();
    const text = [...unsent, draft.text].filter((words) => words !== "").join("\n\n");
    if (text !== draft.text) this.set(room, { ...draft, text, replyTo: null });
  }

  async #keep(room: RoomId): Promise<void> {
    this.#timers.delete(room);
    const draft = this.#draft(room).snapshot();
    // A draft that cannot be kept is still on the screen; the next pause tries again.
    await this.#tables?.write([draftKept(room, draft)]).catch(() => undefined);
    this.announce(room, draft);
  }

  #draft(room: RoomId): Store<DraftText> {
    const draft = this.#drafts.get(room) ?? new Store<DraftText>(EMPTY_DRAFT);
    this.#drafts.set(room, draft);
    return draft;
  }
}
