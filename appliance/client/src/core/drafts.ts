/**
 * What people have begun to write, one draft a room, kept on this device (C17).
 *
 * A draft is in memory at once and on its way to the cache at once, in turns that it shares with the outbox: what is typed
 * meanwhile goes with the next. Nothing waits for a pause, so a page that ends takes no words with it. Other tabs hear of
 * it when it is kept.
 *
 * Words that leave for the outbox, or come back from it, are a `DraftChange`: one write moves them, so the cache has them
 * at every moment, in one place. Until then a draft that leaves stands in front of what is typed meanwhile.
 */

import { draftKept, loadDrafts } from "./db/drafts";
import type { Tables, Write } from "./db/tables";
import type { DraftText, RoomId, UploadId } from "./snapshots";
import { Store, type Readable } from "./store";
import type { Turns } from "./turns";

export const EMPTY_DRAFT: DraftText = { text: "", mentions: [], everyone: false, replyTo: null };

/** A draft with words that come back to be written anew in front of it. */
export function withWordsBefore(back: DraftText, { text, mentions, everyone, replyTo, files }: DraftText): DraftText {
  return withFiles(
    {
      text: [back.text, text].filter(Boolean).join("\n"),
      mentions: [...back.mentions, ...mentions],
      everyone: back.everyone || everyone,
      replyTo: back.replyTo ?? replyTo,
    },
    [...filesOf(back), ...filesOf({ files })],
  );
}

/** The files that go with a draft or a message. */
export function filesOf({ files }: { readonly files?: readonly UploadId[] | undefined }): readonly UploadId[] {
  return files ?? [];
}

/** The same words with these files, each once. */
export function withFiles({ files: _, ...words }: DraftText, files: readonly UploadId[]): DraftText {
  return files.length === 0 ? words : { ...words, files: [...new Set(files)] };
}

/** A change of a draft, made in one turn with a change of something else. */
export interface DraftChange {
  readonly write: Write;
  /** Follows in memory, in the same turn, when the write is done. */
  readonly done: () => void;
}

export class Drafts {
  readonly #drafts = new Map<RoomId, Store<DraftText>>();
  /** What has left the field and is not in the outbox yet, the oldest first. */
  readonly #leaving = new Map<RoomId, readonly DraftText[]>();
  /** Rooms whose draft has changed since it was last written. */
  readonly #unkept = new Set<RoomId>();
  /** Rooms whose draft is being written. */
  #keeping: readonly RoomId[] = [];
  #tables: Tables | null = null;
  /** Called after a draft was kept, for the other tabs. */
  announce: (room: RoomId, draft: DraftText) => void = () => undefined;

  constructor(private readonly turns: Turns) {}

  async open(tables: Tables): Promise<void> {
    this.#tables = tables;
    await this.turns.take(async () => {
      const kept = await loadDrafts(tables);
      if (this.#tables !== tables) return;
      for (const { room, draft } of kept) if (!this.#unkept.has(room)) this.#draft(room).set(draft);
    });
  }

  close(): void {
    this.#tables = null;
    this.#leaving.clear();
    this.#unkept.clear();
    this.#keeping = [];
    for (const draft of this.#drafts.values()) draft.set(EMPTY_DRAFT);
  }

  draft(room: RoomId): Readable<DraftText> {
    return this.#draft(room);
  }

  set(room: RoomId, draft: DraftText): void {
    this.#draft(room).set(draft);
    this.#keep(room);
  }

  /** Empties the field. The cache has the words until they have left (`left`), or come back (`stay`). */
  leave(room: RoomId): DraftText {
    const draft = this.#draft(room).snapshot();
    this.#leaving.set(room, [...this.#leavingFrom(room), draft]);
    this.#draft(room).set(EMPTY_DRAFT);
    return draft;
  }

  /** The change that takes what has left the field out of the draft, for who takes it in. */
  left(room: RoomId, draft: DraftText): DraftChange {
    const others = this.#leavingFrom(room).filter((other) => other !== draft);
    const kept = together([...others, this.#draft(room).snapshot()]);
    return {
      write: draftKept(room, kept),
      done: () => {
        this.#forget(room, draft);
        this.announce(room, kept);
      },
    };
  }

  /** What has left the field could not be kept elsewhere: it stands in front of what was typed meanwhile. */
  stay(room: RoomId, draft: DraftText): void {
    if (!this.#leavingFrom(room).includes(draft)) return; // the session has ended meanwhile
    this.#forget(room, draft);
    this.set(room, withWordsBefore(draft, this.#draft(room).snapshot()));
  }

  /** The change that brings these words back in front of what is being written. */
  takenBack(room: RoomId, back: DraftText): DraftChange {
    return this.#change(room, (draft) => withWordsBefore(back, draft));
  }

  /** The change that has these files, and no others, go with what is being written. */
  carrying(room: RoomId, files: (now: readonly UploadId[]) => readonly UploadId[]): DraftChange {
    return this.#change(room, (draft) => withFiles(draft, files(filesOf(draft))));
  }

  /** Takes in a draft written in another tab, unless this one is being typed in: then only what was attached there. */
  follow(room: RoomId, draft: DraftText): void {
    const isOurs = this.#unkept.has(room) || this.#keeping.includes(room) || this.#leavingFrom(room).length > 0;
    if (!isOurs) return this.#draft(room).set(draft);
    const own = this.#draft(room).snapshot();
    const attached = filesOf(draft).filter((id) => !filesOf(own).includes(id));
    if (attached.length > 0) this.set(room, withFiles(own, [...filesOf(own), ...attached]));
  }

  /** Rooms in which somebody has begun to write. */
  begun(): readonly RoomId[] {
    return [...this.#drafts].filter(([, draft]) => !isEmpty(draft.snapshot())).map(([room]) => room);
  }

  /** A chat has begun: what was being written in it goes on in its room, behind what was begun there. */
  move(from: RoomId, to: RoomId): void {
    const [moved, there] = [this.#draft(from).snapshot(), this.#draft(to).snapshot()];
    if (isEmpty(moved)) return;
    this.set(to, withWordsBefore(there, { ...moved, replyTo: null }));
    this.set(from, EMPTY_DRAFT);
  }

  /**
   * The change that keeps what could not be sent any more before the draft: the room is gone, the words are their
   * author's.
   */
  rescued(room: RoomId, unsent: readonly string[]): DraftChange {
    return this.#change(room, (draft) => ({
      ...draft,
      text: [...unsent, draft.text].filter((words) => words !== "").join("\n\n"),
      replyTo: null,
    }));
  }

  #change(room: RoomId, how: (draft: DraftText) => DraftText): DraftChange {
    const kept = together([...this.#leavingFrom(room), how(this.#draft(room).snapshot())]);
    return {
      write: draftKept(room, kept),
      done: () => {
        this.#draft(room).set(how(this.#draft(room).snapshot()));
        this.announce(room, kept);
      },
    };
  }

  /** What is changed before the turn comes goes with it, in one write. */
  #keep(room: RoomId): void {
    if (this.#tables === null) return;
    const isAsked = this.#unkept.size > 0;
    this.#unkept.add(room);
    if (!isAsked) void this.turns.take(() => this.#keepAll());
  }

  async #keepAll(): Promise<void> {
    const tables = this.#tables;
    if (tables === null) return;
    this.#keeping = [...this.#unkept];
    this.#unkept.clear();
    const kept = this.#keeping.map((room) => [room, together([...this.#leavingFrom(room), this.#draft(room).snapshot()])] as const);
    // A draft that cannot be kept is still on the screen; the next change tries again.
    await tables.write(kept.map(([room, draft]) => draftKept(room, draft))).catch(() => undefined);
    if (this.#tables !== tables) return;
    this.#keeping = [];
    for (const [room, draft] of kept) this.announce(room, draft);
  }

  #forget(room: RoomId, draft: DraftText): void {
    const others = this.#leavingFrom(room).filter((other) => other !== draft);
    if (others.length > 0) this.#leaving.set(room, others);
    else this.#leaving.delete(room);
  }

  #leavingFrom(room: RoomId): readonly DraftText[] {
    return this.#leaving.get(room) ?? [];
  }

  #draft(room: RoomId): Store<DraftText> {
    const draft = this.#drafts.get(room) ?? new Store<DraftText>(EMPTY_DRAFT);
    this.#drafts.set(room, draft);
    return draft;
  }
}

function isEmpty(draft: DraftText): boolean {
  return draft.text === "" && filesOf(draft).length === 0;
}

function together(drafts: readonly DraftText[]): DraftText {
  return drafts.reduceRight((after, before) => withWordsBefore(before, after));
}
