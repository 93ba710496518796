/**
 * Who has read one message and who has not yet (F16), page by page, so that two thousand names open at once.
 *
 * The counts are of everybody and follow the members' marks while the panel is open. Lists that fit a page are read
 * afresh with them; longer ones keep what has been loaded.
 */
import { derived } from "#core/derived";
import { type Failure, failureOf } from "#core/failure";
import type { Core } from "#core/index";
import type { Reader, Readers, Unreader } from "#core/protocol";
import type { RoomId } from "#core/snapshots";
import { type Readable, Store } from "#core/store";

export interface ReaderLists {
  /** In the order of the server. */
  readonly read: readonly Reader[];
  readonly unread: readonly Unreader[];
  readonly readCount: number;
  readonly unreadCount: number;
  /** Where each list goes on; null when it is complete. */
  readonly readNext: string | null;
  readonly unreadNext: string | null;
}

export type ReadersState =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "loaded"; readonly lists: ReaderLists };

export interface ReadersSnapshot {
  readonly state: ReadersState;
  readonly text: string | null;
}

const REFRESH_AFTER_MS = 400;

export class ReadersModel implements Readable<ReadersSnapshot> {
  readonly snapshot: () => ReadersSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  readonly #core: Core;
  readonly #room: RoomId;
  readonly #n: number;
  readonly #state = new Store<ReadersState>({ kind: "loading" });
  #scheduled = false;
  #paging = false;

  constructor(core: Core, room: RoomId, n: number) {
    this.#core = core;
    this.#room = room;
    this.#n = n;
    const timeline = core.timeline(room);
    const joined = derived([this.#state, timeline], () => {
      const item = timeline.snapshot().items.find((one) => one.n === n);
      return { state: this.#state.snapshot(), text: item?.kind === "message" ? item.text : null };
    });
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  start(): () => void {
    void this.load();
    return this.#core.rooms.room(this.#room).subscribe(() => this.#schedule());
  }

  readonly load = async (): Promise<void> => {
    const before = this.#state.snapshot();
    try {
      const page = await this.#core.readers.load(this.#room, this.#n);
      this.#state.set({ kind: "loaded", lists: before.kind === "loaded" ? refreshed(before.lists, page) : firstPage(page) });
    } catch (error) {
      if (before.kind !== "loaded") this.#state.set({ kind: "failed", failure: failureOf(error) });
    }
  };

  /** The next page of one list; nothing when it is complete or a page is on its way. */
  readonly loadMore = async (which: "read" | "unread"): Promise<void> => {
    const state = this.#state.snapshot();
    const cursor = state.kind !== "loaded" ? null : which === "read" ? state.lists.readNext : state.lists.unreadNext;
    if (cursor === null || this.#paging) return;
    this.#paging = true;
    try {
      const page = await this.#core.readers.load(this.#room, this.#n, cursor);
      const now = this.#state.snapshot();
      if (now.kind === "loaded") this.#state.set({ kind: "loaded", lists: (which === "read" ? moreRead : moreUnread)(now.lists, page) });
    } catch (error) {
      this.#state.set({ kind: "failed", failure: failureOf(error) });
    } finally {
      this.#paging = false;
    }
  };

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#core.ports.time.setTimeout(() => {
      this.#scheduled = false;
      void this.load();
    }, REFRESH_AFTER_MS);
  }
}

function firstPage(page: Readers): ReaderLists {
  const cursor = page.cursor ?? null;
  const readDone = page.read.length >= page.read_count;
  return {
    read: page.read,
    unread: page.unread,
    readCount: page.read_count,
    unreadCount: page.unread_count,
    readNext: readDone ? null : cursor,
    unreadNext: page.unread.length >= page.unread_count ? null : (page.unread_cursor ?? cursor),
  };
}

/** What a fresh first page tells about lists that may have grown beyond one. */
function refreshed(lists: ReaderLists, page: Readers): ReaderLists {
  const fits = lists.read.length <= page.read.length && lists.unread.length <= page.unread.length + 1;
  return fits ? firstPage(page) : { ...lists, readCount: page.read_count, unreadCount: page.unread_count };
}

/** A page after the readers so far; it may reach into those who have not read, who are asked for on their own. */
function moreRead(lists: ReaderLists, page: Readers): ReaderLists {
  const read = [...lists.read, ...page.read];
  const done = page.read.length === 0 || page.unread.length > 0 || read.length >= page.read_count;
  return { ...lists, read, readCount: page.read_count, readNext: done ? null : (page.cursor ?? null) };
}

function moreUnread(lists: ReaderLists, page: Readers): ReaderLists {
  return { ...lists, unread: [...lists.unread, ...page.unread], unreadCount: page.unread_count, unreadNext: page.cursor ?? null };
}
