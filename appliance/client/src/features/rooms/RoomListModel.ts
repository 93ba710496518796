/**
 * The list of rooms as the reader filters it: all, unread, or hidden, and by words of the title.
 * The order is the core's (newest activity first); nothing here sorts or counts again.
 */
import { derived } from "#core/derived";
import type { Core } from "#core/index";
import type { RoomSummary } from "#core/snapshots";
import { type Readable, Store } from "#core/store";
import { namedLike } from "#core/text";

export type RoomFilter = "all" | "unread" | "hidden";

export interface RoomListSnapshot {
  readonly loaded: boolean;
  readonly query: string;
  readonly filter: RoomFilter;
  readonly rooms: readonly RoomSummary[];
  readonly hiddenCount: number;
  readonly unread: number;
}

export class RoomListModel implements Readable<RoomListSnapshot> {
  readonly snapshot: () => RoomListSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  readonly #core: Pick<Core, "rooms" | "people">;
  readonly #query = new Store("");
  readonly #filter = new Store<RoomFilter>("all");

  constructor(core: Pick<Core, "rooms" | "people">) {
    this.#core = core;
    const joined = derived([core.rooms.list, this.#query, this.#filter], () => this.#compute());
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  readonly setQuery = (query: string): void => this.#query.set(query);
  readonly setFilter = (filter: RoomFilter): void => this.#filter.set(filter);
  readonly person = (id: string) => this.#core.people.person(id);
  readonly nameOf = (id: string): string => this.#core.people.known(id)?.name ?? "…";

  /** The room before (−1) or after (+1) `current` in the list as shown; `unread` skips what is read. */
  neighbour(current: string | null, step: 1 | -1, unread = false): string | null {
    const { rooms } = this.snapshot();
    const at = rooms.findIndex((room) => room.id === current);
    const from = at === -1 && step === -1 ? rooms.length : at;
    for (let i = from + step; i >= 0 && i < rooms.length; i += step) {
      const room = rooms[i];
      if (room && (!unread || room.unread > 0 || room.marked)) return room.id;
    }
    return null;
  }

  #compute(): RoomListSnapshot {
    const list = this.#core.rooms.list.snapshot();
    const filter = this.#filter.snapshot();
    const query = this.#query.snapshot();
    const pool = filter === "hidden" ? list.hidden : list.rooms;
    const wanted = pool.filter((room) => filter !== "unread" || room.unread > 0 || room.marked);
    const rooms = namedLike(wanted, query, (room) => this.#titleOf(room));
    return { loaded: list.loaded, query, filter, rooms, hiddenCount: list.hidden.length, unread: list.unread };
  }

  #titleOf(room: RoomSummary): string {
    return room.title ?? (room.other === null ? "" : (this.#core.people.known(room.other)?.name ?? ""));
  }
}
