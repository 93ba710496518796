/**
 * Who has read one message and who has not yet (F16): the server's lists with times, page by page as they are looked at.
 *
 * Rules: the counts are there with the first page. The lists are read afresh, as far as they were, whenever the members'
 * marks of the room change, so that an open panel is never stale. One question at a time, so pages never cross.
 */
import { derived } from "#core/derived";
import { type Failure, failureOf } from "#core/failure";
import type { Core } from "#core/index";
import type { RoomId } from "#core/snapshots";
import { type Readable, Store } from "#core/store";
import { messageLine } from "#i18n/files";

import { firstPage, type ListName, type ReaderLists, withPage } from "./readerLists";

export type ReadersState =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "loaded"; readonly lists: ReaderLists; readonly failure: Failure | null };

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
  #last: Promise<void> = Promise.resolve();
  readonly #asking = new Set<ListName>();

  constructor(core: Core, room: RoomId, n: number) {
    this.#core = core;
    this.#room = room;
    this.#n = n;
    const timeline = core.timeline(room);
    const joined = derived([this.#state, timeline], () => {
      const item = timeline.snapshot().items.find((one) => one.n === n);
      return { state: this.#state.snapshot(), text: item?.kind === "message" ? messageLine(item.text, item.files) : null };
    });
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  start(): () => void {
    void this.load();
    const room = this.#core.rooms.room(this.#room);
    let marks = room.snapshot()?.view.members;
    return room.subscribe(() => {
      const now = room.snapshot()?.view.members;
      if (now === marks) return;
      marks = now;
      this.#schedule();
    });
  }

  /** Reads the lists afresh, each as far as it was loaded. */
  readonly load = (): Promise<void> =>
    this.#inTurn(async () => {
      const old = this.#state.snapshot();
      let lists = firstPage(await this.#ask(null));
      for (const name of ["read", "unread"] as const) {
        const wanted = old.kind === "loaded" ? old.lists[name].people.length : 0;
        while (lists[name].people.length < wanted && lists[name].next !== null) {
          lists = withPage(lists, name, await this.#ask(lists[name].next));
        }
      }
      this.#state.set({ kind: "loaded", lists, failure: null });
    });

  /** Goes on with a list; does nothing while that is under way or when all of it is there. */
  readonly loadMore = async (name: ListName): Promise<void> => {
    if (this.#asking.has(name)) return;
    this.#asking.add(name);
    await this.#inTurn(async () => {
      const state = this.#state.snapshot();
      const next = state.kind === "loaded" ? state.lists[name].next : null;
      if (state.kind !== "loaded" || next === null) return;
      this.#state.set({ kind: "loaded", lists: withPage(state.lists, name, await this.#ask(next)), failure: null });
    });
    this.#asking.delete(name);
  };

  #ask(cursor: string | null) {
    return this.#core.readers.load(this.#room, this.#n, cursor);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(work).catch((error: unknown) => {
      const failure = failureOf(error);
      this.#state.update((state) => (state.kind === "loaded" ? { ...state, failure } : { kind: "failed", failure }));
    });
    return this.#last;
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#core.ports.time.setTimeout(() => {
      this.#scheduled = false;
      void this.load();
    }, REFRESH_AFTER_MS);
  }
}
