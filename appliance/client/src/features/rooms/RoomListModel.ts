/**
 * The list of rooms as the reader filters it: all, unread, or hidden, and by words of the title; and what the reader does
 * with a room without opening it. The order is the core's (pinned first, then newest activity); nothing here sorts or
 * counts again.
 */
import { Attempt } from "#core/attempt";
import { derived } from "#core/derived";
import type { Core } from "#core/index";
import { UNNAMED } from "#core/people";
import { newsCount, newsOf, type Requests } from "#core/requests";
import type { PersonId, RequestList, RoomId, RoomSummary } from "#core/snapshots";
import { type Readable, Store } from "#core/store";
import { namedLike } from "#core/text";

export type RoomFilter = "all" | "unread" | "hidden";

export interface RoomListSnapshot {
  readonly loaded: boolean;
  readonly query: string;
  readonly filter: RoomFilter;
  readonly rooms: readonly RoomSummary[];
  readonly hiddenCount: number;
  /** How many rooms have something unread. */
  readonly fresh: number;
}

/** True for a room with something unread, or marked as unread. */
export function isFresh(room: RoomSummary): boolean {
  return room.unread > 0 || room.marked;
}

type Parts = Pick<Core, "rooms" | "people" | "drafts"> & { readonly requests: Pick<Requests, "list"> };

export class RoomListModel implements Readable<RoomListSnapshot> {
  readonly snapshot: () => RoomListSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  /** The last thing done with a room from the list. */
  readonly attempt = new Attempt();
  readonly me: PersonId;
  /** What waits for the reader, and answers, stand on the rows of their rooms. */
  readonly requests: Readable<RequestList>;
  readonly #core: Parts;
  readonly #query = new Store("");
  readonly #filter = new Store<RoomFilter>("all");

  constructor(core: Parts, me: PersonId) {
    this.#core = core;
    this.me = me;
    this.requests = core.requests.list;
    const joined = derived([core.rooms.list, core.requests.list, this.#query, this.#filter], () => this.#compute());
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  readonly setQuery = (query: string): void => this.#query.set(query);
  readonly setFilter = (filter: RoomFilter): void => this.#filter.set(filter);
  readonly person = (id: string) => this.#core.people.person(id);
  /** Null while the name is not known. */
  readonly nameOf = (id: string, logged: string | null = null): string | null => {
    const name = this.#core.people.nameOf(id, logged);
    return name === UNNAMED ? null : name;
  };
  readonly draft = (room: RoomId) => this.#core.drafts.draft(room);

  readonly setMuted = (room: RoomId, on: boolean): Promise<boolean> => this.#do("mute", room, () => this.#core.rooms.setMuted(room, on));
  readonly setHidden = (room: RoomId, on: boolean): Promise<boolean> => this.#do("hide", room, () => this.#core.rooms.setHidden(room, on));
  readonly setPinned = (room: RoomId, on: boolean): Promise<boolean> => this.#do("pin", room, () => this.#core.rooms.setPinned(room, on));
  readonly markUnread = (room: RoomId, from: number): Promise<boolean> => this.#do("unread", room, () => this.#core.rooms.markUnread(room, from));
  readonly markRead = (room: RoomId): Promise<boolean> => this.#do("read", room, () => this.#core.rooms.markAllRead(room));

  /** Every room of the list that has something unread, muted ones too. */
  readonly markAllRead = (): void => {
    for (const room of this.#core.rooms.list.snapshot().rooms) if (isFresh(room)) void this.markRead(room.id);
  };

  /** The room before (−1) or after (+1) `current` in the list as shown; `unread` skips what is read. */
  neighbour(current: string | null, step: 1 | -1, unread = false): string | null {
    const { rooms } = this.snapshot();
    const at = rooms.findIndex((room) => room.id === current);
    const from = at === -1 && step === -1 ? rooms.length : at;
    for (let i = from + step; i >= 0 && i < rooms.length; i += step) {
      const room = rooms[i];
      if (room && (!unread || isFresh(room))) return room.id;
    }
    return null;
  }

  #do(what: string, room: RoomId, work: () => Promise<void>): Promise<boolean> {
    return this.attempt.run(work, `${what} ${room}`);
  }

  #compute(): RoomListSnapshot {
    const list = this.#core.rooms.list.snapshot();
    const filter = this.#filter.snapshot();
    const query = this.#query.snapshot();
    const pool = filter === "hidden" ? list.hidden : list.rooms;
    const told = this.requests.snapshot();
    const wanted = pool.filter((room) => filter !== "unread" || isFresh(room) || newsCount(newsOf(told, room.id)) > 0);
    const rooms = namedLike(wanted, query, (room) => this.#titlesOf(room));
    return { loaded: list.loaded, query, filter, rooms, hiddenCount: list.hidden.length, fresh: list.rooms.filter(isFresh).length };
  }

  /** A room's name, or every way the other person's of a private chat is written. */
  #titlesOf({ title, other }: RoomSummary): readonly string[] {
    const spellings = other === null ? [] : (this.#core.people.known(other)?.spellings ?? []);
    return title === null && spellings.length === 0 ? [""] : [...(title === null ? [] : [title]), ...spellings];
  }
}
