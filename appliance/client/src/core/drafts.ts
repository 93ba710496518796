/**
 * What people have begun to write, one draft a room, kept on this device (C17).
 *
 * A draft is in memory at once and on its way to the cache at once, one write at a time for each room: what is typed
 * meanwhile goes with the next. Nothing waits for a pause, so a page that ends takes no words with it. Other tabs hear of
 * it when it is kept. While its message is being sent a draft stays in the cache: `sending`, then `sent`.
 */

import { draftKept, loadDrafts } from "./db/drafts";
import type { Tables, Write } from "./db/tables";
import type { DraftText, RoomId } from "./snapshots";
import { Store, type Readable } from "./store";

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
  /** Rooms whose draft is being kept; true when it has changed since. */
  readonly #keeping = new Map<RoomId, boolean>();
  #tables: Tables | null = null;
  /** Called after a draft was kept, for the other tabs. */
  announce: (room: RoomId, draft: DraftText) => void = () => undefined;

  async open(tables: Tables): Promise<void> {
    this.#tables = tables;
    for (const { room, draft } of await loadDrafts(tables)) this.#draft(room).set(draft);
  }

  close(): void {
    this.#tables = null;
    this.#keeping.clear();
    for (const draft of this.#drafts.values()) draft.set(EMPTY_DRAFT);
  }

  draft(room: RoomId): Readable<DraftText> {
    return this.#draft(room);
  }

  set(room: RoomId, draft: DraftText): void {
    this.#draft(room).set(draft);
    if (this.#keeping.has(room)) this.#keeping.set(room, true);
    else void this.#keep(room);
  }

  /** Empties the field; the cache has the words until they are safe elsewhere. */
  sending(room: RoomId): void {
    this.#draft(room).set(EMPTY_DRAFT);
  }

  /** The words are safe elsewhere: the cache takes what the field holds now. */
  sent(room: RoomId): void {
    this.set(room, this.#draft(room).snapshot());
  }

  /** The write that keeps these words in front of what is being written; `set` shows them once it is done. */
  takenBack(room: RoomId, back: DraftText): Write {
    return draftKept(room, withWordsBefore(back, this.#draft(room).snapshot()));
  }

  /** Takes in a draft written in another tab, unless this one is being typed in. */
  follow(room: RoomId, draft: DraftText): void {
    if (!this.#keeping.has(room)) this.#draft(room).set(draft);
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

  /**
   * Keeps what could not be sent any more before the draft: the room is gone, the words are their author's. Returns the
   * write that keeps them, for who takes them out of where they were.
   */
  rescue(room: RoomId, unsent: readonly string[]): Write {
    const draft = this.#draft(room).snapshot();
    const text = [...unsent, draft.text].filter((words) => words !== "").join("\n\n");
    if (text !== draft.text) this.set(room, { ...draft, text, replyTo: null });
    return draftKept(room, this.#draft(room).snapshot());
  }

  async #keep(room: RoomId): Promise<void> {
    const tables = this.#tables;
    if (tables === null) return;
    this.#keeping.set(room, false);
    const draft = this.#draft(room).snapshot();
    // A draft that cannot be kept is still on the screen; the next change tries again.
    await tables.write([draftKept(room, draft)]).catch(() => undefined);
    if (this.#tables !== tables) return;
    this.announce(room, draft);
    const changed = this.#keeping.get(room) === true;
    this.#keeping.delete(room);
    if (changed) void this.#keep(room);
  }

  #draft(room: RoomId): Store<DraftText> {
    const draft = this.#drafts.get(room) ?? new Store<DraftText>(EMPTY_DRAFT);
    this.#drafts.set(room, draft);
    return draft;
  }
}
