/**
 * Searching as one types (C18, F19, L10): the question, its filters, and what was found so far.
 *
 * Rules: typing waits a moment before it asks; a newer question ends the older one, whose answer is never shown; what was
 * found stays in view until the next answer; without network, what this device keeps is searched, and that is said. Only
 * words that led somewhere are remembered. Who may see what is decided by the server.
 */
import { endOfDay, startOfDay } from "#core/dates";
import { CallError } from "#core/errors";
import { type Failure, failureOf } from "#core/failure";
import type { Core } from "#core/index";
import { PeopleSearch } from "#core/peopleSearch";
import type { Form, Hit, PersonView, SearchQuery, UnitView } from "#core/protocol";
import type { PersonId, RoomId, RoomSummary } from "#core/snapshots";
import { type Readable, Store } from "#core/store";
import { rankedByName } from "#core/text";

import { byRoom, hitKey } from "./hits";

export interface Filters {
  readonly room: RoomId | null;
  readonly sender: PersonId | null;
  readonly unit: string | null;
  /** ISO days in Bangkok, both included; the wrong way round they mean the same. */
  readonly from: string | null;
  readonly to: string | null;
  readonly hasLink: boolean;
  readonly file: FileFilter | null;
}

/** Messages that carry a file: of a form, or any. */
export type FileFilter = Form | "any";

export type Phase =
  | { readonly kind: "idle" }
  | { readonly kind: "asking" }
  /** `kept`: there is no network, and only what this device keeps was searched. */
  | { readonly kind: "answered"; readonly kept: boolean }
  | { readonly kind: "failed"; readonly failure: Failure };

export interface SearchSnapshot {
  readonly query: string;
  readonly filters: Filters;
  readonly phase: Phase;
  readonly hits: readonly Hit[];
  readonly more: "none" | "there" | "loading";
  /** Why the next page did not come. */
  readonly moreFailure: Failure | null;
  /** The words as they would read with the keyboard in the other layout. */
  readonly suggestion: string | null;
  /** Grows with every answer, so that each is announced. */
  readonly turn: number;
}

/** A message's place, which names a hit. */
export type HitPlace = Pick<Hit, "room" | "n">;

export const NO_FILTERS: Filters = { room: null, sender: null, unit: null, from: null, to: null, hasLink: false, file: null };
const TYPING_MS = 200;
const PAGE = 30;
const MAX_ROOMS = 4;
const MAX_PEOPLE = 4;
/** A single letter names everybody. */
const MIN_NAME_LENGTH = 2;

export class SearchModel implements Readable<SearchSnapshot> {
  readonly senders: PeopleSearch;
  /** The people to go to; `peopleToGo` says which of them are shown. */
  readonly people: PeopleSearch;
  readonly units = new Store<readonly UnitView[]>([]);
  readonly #core: Core;
  readonly #state = new Store<SearchSnapshot>({
    query: "",
    filters: NO_FILTERS,
    phase: { kind: "idle" },
    hits: [],
    more: "none",
    moreFailure: null,
    suggestion: null,
    turn: 0,
  });
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;
  #abort: AbortController | null = null;
  #cursor: string | null = null;
  #timer: ReturnType<Core["ports"]["time"]["setTimeout"]> | null = null;

  constructor(core: Core) {
    this.#core = core;
    this.senders = new PeopleSearch(core.directory, core.ports.time);
    this.people = new PeopleSearch(core.directory, core.ports.time, MAX_PEOPLE);
  }

  // --- asking ---

  readonly setQuery = (query: string): void => {
    this.#change({ query });
    this.#wait();
    this.#begin();
    if (this.#isName()) this.people.setQuery(query);
    this.#timer = this.#core.ports.time.setTimeout(() => void this.ask(), TYPING_MS);
  };

  /** Words chosen rather than typed: there is nothing to wait for. */
  readonly choose = (query: string): void => {
    this.#change({ query });
    if (this.#isName()) this.people.setQuery(query);
    void this.ask();
  };

  readonly setFilters = (change: Partial<Filters>): void => {
    this.#change({ filters: { ...this.snapshot().filters, ...change } });
    void this.ask();
  };

  readonly clearFilters = (): void => this.setFilters(NO_FILTERS);

  /** Enter: no more waiting for the next letter. */
  readonly submit = (): void => {
    if (this.#timer !== null) void this.ask();
  };

  readonly ask = async (): Promise<void> => {
    this.#wait();
    const abort = this.#begin();
    this.#cursor = null;
    if (!this.#isAsking()) return this.#change({ phase: { kind: "idle" }, hits: [], more: "none", moreFailure: null, suggestion: null });
    this.#change({ phase: { kind: "asking" }, moreFailure: null });
    try {
      const found = await this.#core.search.find(this.#question(), abort.signal);
      if (abort !== this.#abort) return;
      this.#answer(found.hits, found.cursor ?? null, found.suggestion ?? null, false);
    } catch (error) {
      if (abort !== this.#abort) return;
      if (error instanceof CallError && error.kind === "offline") await this.#askHere(abort);
      else this.#change({ phase: { kind: "failed", failure: failureOf(error) }, hits: [], more: "none", suggestion: null });
    }
  };

  /** The next page; resolves to the first hit it brought. */
  readonly loadMore = async (): Promise<Hit | null> => {
    const abort = this.#abort;
    const { hits, more, turn } = this.snapshot();
    if (more !== "there" || this.#cursor === null || abort === null) return null;
    this.#change({ more: "loading", moreFailure: null });
    try {
      const found = await this.#core.search.find({ ...this.#question(), cursor: this.#cursor }, abort.signal);
      if (abort !== this.#abort) return null;
      this.#cursor = found.cursor ?? null;
      this.#change({ hits: [...hits, ...found.hits], more: this.#cursor === null ? "none" : "there", turn: turn + 1 });
      return found.hits[0] ?? null;
    } catch (error) {
      if (abort === this.#abort) this.#change({ more: "there", moreFailure: failureOf(error) });
      return null;
    }
  };

  /** What was found, in the order of the list. */
  readonly listed = (): readonly Hit[] => byRoom(this.snapshot().hits).flatMap((group) => group.hits);

  /** The hit before or after another in the list, the first when there is no other; asks for the next page where it ends. */
  readonly neighbour = async (here: HitPlace | null, by: -1 | 1): Promise<Hit | null> => {
    const at = this.indexOf(here);
    const next = this.listed()[at + by];
    if (next !== undefined || by < 0 || this.snapshot().more !== "there") return next ?? null;
    return await this.loadMore();
  };

  /** Where in the list a place is; -1 when it was not found there. */
  readonly indexOf = (here: HitPlace | null): number => (here === null ? -1 : this.listed().findIndex((hit) => hitKey(hit) === hitKey(here)));

  /**
   * Asks again what was asked when the search was last open, since the answer may be another by now. The function it
   * returns ends what is under way; the question stays.
   */
  readonly start = (): (() => void) => {
    void this.#loadUnits();
    void this.ask();
    return () => {
      this.#wait();
      this.#begin();
    };
  };

  // --- what was searched for ---

  get recent(): Readable<readonly string[]> {
    return this.#core.search.recent;
  }

  /** A hit was opened: its words were worth searching for. */
  readonly picked = (): void => void this.#core.search.remember(this.snapshot().query).catch(() => undefined);
  readonly forget = (words: string): void => void this.#core.search.forget(words).catch(() => undefined);
  readonly forgetAll = (): void => void this.#core.search.forgetAll().catch(() => undefined);

  // --- names ---

  readonly person = (id: PersonId) => this.#core.people.person(id);
  readonly room = (id: RoomId) => this.#core.rooms.room(id);

  /** Rooms by name, the hidden ones too; all of them for no words. */
  readonly roomsNamed = (words: string, most = Number.POSITIVE_INFINITY): readonly RoomSummary[] => {
    const { rooms, hidden } = this.#core.rooms.list.snapshot();
    return rankedByName([...rooms, ...hidden], words, (room) => [this.titleOf(room), ...this.#spellingsOf(room)]).slice(0, most);
  };

  /** The few rooms to go to, beside the messages, for what is being typed. */
  readonly roomsToGo = (): readonly RoomSummary[] => {
    const { query, filters } = this.snapshot();
    return query.trim() === "" || hasFilters(filters) ? [] : this.roomsNamed(query, MAX_ROOMS);
  };

  /** The few people to go to, beside rooms and messages; not those whose private chat is among the rooms already. */
  readonly peopleToGo = (): readonly PersonView[] => {
    if (!this.#isName()) return [];
    const shown = new Set(this.roomsToGo().map((room) => room.other));
    return this.people.snapshot().people.filter(({ id }) => !shown.has(id));
  };

  /** The words under the other keyboard layout; null where those that were typed lead to a room or a person: they were meant. */
  readonly otherLayout = (): string | null => {
    const people = this.people.snapshot().reading === null ? this.peopleToGo().length : 0;
    return this.roomsToGo().length + people > 0 ? null : this.snapshot().suggestion;
  };

  readonly titleOf = (room: RoomSummary): string => room.title ?? (room.other === null ? null : this.#core.people.known(room.other)?.name) ?? "…";

  #spellingsOf({ other }: RoomSummary): readonly string[] {
    return other === null ? [] : (this.#core.people.known(other)?.spellings ?? []);
  }

  // --- steps ---

  async #loadUnits(): Promise<void> {
    if (this.units.snapshot().length > 0) return;
    // Without the chart there is no filter by unit; the next opening asks again.
    await this.#core.directory.units().then((units) => this.units.set(units), () => undefined);
  }

  async #askHere(abort: AbortController): Promise<void> {
    const hits = await this.#core.search.findKept(this.#question()).catch(() => []);
    if (abort === this.#abort) this.#answer(hits, null, null, true);
  }

  #answer(hits: readonly Hit[], cursor: string | null, suggestion: string | null, kept: boolean): void {
    this.#cursor = cursor;
    const { turn } = this.snapshot();
    this.#change({ phase: { kind: "answered", kept }, hits, more: cursor === null ? "none" : "there", suggestion, turn: turn + 1 });
  }

  #isAsking(): boolean {
    const { query, filters } = this.snapshot();
    return query.trim() !== "" || hasFilters(filters);
  }

  #isName(): boolean {
    const { query, filters } = this.snapshot();
    return query.trim().length >= MIN_NAME_LENGTH && !hasFilters(filters);
  }

  #question(): SearchQuery {
    const { query, filters } = this.snapshot();
    const { room, sender, unit, hasLink, file } = filters;
    const days = [filters.from, filters.to];
    const [from, to] = filters.from !== null && filters.to !== null && filters.from > filters.to ? days.reverse() : days;
    return {
      q: query.trim(),
      room,
      sender,
      unit,
      from: from == null ? null : startOfDay(from),
      to: to == null ? null : endOfDay(to),
      has_link: hasLink ? true : null,
      has_file: file === "any" ? true : null,
      type: file === "any" ? null : file,
      limit: PAGE,
    };
  }

  #begin(): AbortController {
    this.#abort?.abort();
    return (this.#abort = new AbortController());
  }

  #wait(): void {
    if (this.#timer !== null) this.#core.ports.time.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #change(change: Partial<SearchSnapshot>): void {
    this.#state.update((state) => ({ ...state, ...change }));
  }
}

export function hasFilters({ room, sender, unit, from, to, hasLink, file }: Filters): boolean {
  return hasLink || [room, sender, unit, from, to, file].some((value) => value !== null);
}
