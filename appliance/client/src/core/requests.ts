/**
 * The requests to rooms' owners that concern us, and the rooms we were taken off (F34, F41): one list, the server's.
 *
 * Owns the list as the server last told it, as far as it was asked for: its first page, more when somebody wants to see
 * more. It is kept for the next start. Events on our line of the feed say that it has
 * changed, and it is read again; so do changes of the rooms it names: one that we were taken off is ours again, one has
 * another owner or name. Nothing is put together here from two sources. Who may answer is the server's to say.
 * What such a reading brings that was not there before is told to `onNews` in the tab that leads.
 */

import { loadRequests, requestsKept } from "./db/meta";
import type { Tables } from "./db/tables";
import type { Endpoints } from "./endpoints";
import { kindOf } from "./entries";
import { firstPages } from "./pages";
import type { Departure, Event, MyRequest } from "./protocol";
import type { News, PersonId, RequestList, RoomId } from "./snapshots";
import { Store, type Readable } from "./store";

export const NO_REQUESTS: RequestList = { requests: [], waiting: 0, answers: 0, photos: 0, more: false, departures: [], escalatesDays: null, repeatsDays: null };
const CHANGES: ReadonlySet<string> = new Set(["removal_request", "member_suggestion", "requests.seen", "photo", "room.left"]);

export const isWaiting = (request: MyRequest): boolean => request.state === "pending";

/** What waits for our answer, the oldest first: of one room, or of all. */
export function waitingForUs({ requests }: RequestList, room: RoomId | null = null): readonly MyRequest[] {
  return requests.filter((one) => one.waits_for_me === true && (room === null || one.room === room));
}

/** What we asked, of one room or of all: what waits first, then the newest answers. */
export function askedBy({ requests }: RequestList, me: PersonId, room: RoomId | null = null): readonly MyRequest[] {
  const mine = requests.filter((one) => one.person === me && (room === null || one.room === room));
  return [...mine.filter(isWaiting), ...mine.filter((one) => !isWaiting(one))];
}

/** Answers to what we asked that we have not seen, in one room or in all. */
export function newAnswers({ requests }: RequestList, room: RoomId | null = null): readonly MyRequest[] {
  return requests.filter((one) => one.fresh === true && (room === null || one.room === room));
}

export const newsCount = ({ waiting, answers, gone }: News): number => waiting + answers + gone;

/** Whether all that waits for our answer has been read. */
export const knowsAllWaiting = (list: RequestList): boolean => waitingForUs(list).length >= list.waiting;

/** What there is to tell in all, or of one room, in its row and its settings; a room that is not ours has neither. */
export function newsOf(list: RequestList, room: RoomId | null = null): News {
  const { waiting, answers, left } = toTell(list, room);
  if (room !== null) return { waiting: waiting.length, answers: answers.length, gone: 0 };
  const { granted, gone } = byWish(left);
  const toldWithTheRoom = newAnswers(list).length - answers.length;
  return { waiting: list.waiting + list.photos, answers: list.answers - toldWithTheRoom + granted, gone };
}

/** What there is to tell in `after` that was not there in `before`; what comes up from a page behind is no news. */
export function newsSince(before: RequestList, after: RequestList): News {
  const [old, now] = [toTell(before), toTell(after)];
  const newest = Math.max(0, ...before.requests.map(({ answered }) => answered ?? 0));
  const answers = now.answers.filter(({ answered }) => (answered ?? 0) >= newest);
  const { granted, gone } = byWish(added(old.left, now.left, ({ room, at }) => `${room} ${at}`));
  const more = Math.max(0, after.waiting - before.waiting);
  return {
    waiting: (knowsAllWaiting(before) ? added(old.waiting, now.waiting, ({ id }) => id).length : more) + Math.max(0, after.photos - before.photos),
    answers: added(old.answers, answers, ({ id, answered }) => `${id} ${answered ?? 0}`).length + granted,
    gone,
  };
}

function added<T>(old: readonly T[], now: readonly T[], keyOf: (one: T) => string): readonly T[] {
  const known = new Set(old.map(keyOf));
  return now.filter((one) => !known.has(keyOf(one)));
}

/** How many were taken off because they had asked for it, which is an answer to them, and how many were not. */
function byWish(left: readonly Departure[]): { granted: number; gone: number } {
  const granted = left.filter(({ why }) => why === "removal_request").length;
  return { granted, gone: left.length - granted };
}

function toTell(list: RequestList, room: RoomId | null = null) {
  const left = list.departures.filter(({ fresh }) => fresh === true);
  // A request that was granted takes its room along: it is told once.
  const answers = newAnswers(list, room).filter((one) => !left.some((departure) => departure.room === one.room));
  return { waiting: waitingForUs(list, room), answers, left };
}

/** Whether an event changes what the list says: by itself, or by the room it is about. */
function changes({ requests, departures }: RequestList, { type, room }: Event): boolean {
  if (type === "room") return departures.some((one) => one.room === room);
  return CHANGES.has(type) || (kindOf({ type }).changesRequests && requests.some((one) => one.room === room));
}

export class Requests {
  readonly #list = new Store<RequestList>(NO_REQUESTS);
  #tables: Tables | null = null;
  #stale = false;
  /** So many pages are asked for. */
  #pages = 1;
  /** The feed told the leading tab that the list has changed: what is read then is news. */
  #heard = false;
  #loading: Promise<void> | null = null;

  /** Called with what a reading brought that the feed had announced, in the tab that leads. */
  onNews: (news: News) => void = () => undefined;

  constructor(private readonly endpoints: Endpoints) {}

  get list(): Readable<RequestList> {
    return this.#list;
  }

  async open(tables: Tables): Promise<void> {
    this.#tables = tables;
    const kept = { ...NO_REQUESTS, ...(await loadRequests(tables)) };
    // What the server has told meanwhile is newer than what was kept.
    if (this.#tables === tables && this.#list.snapshot() === NO_REQUESTS) this.#list.set(kept);
  }

  close(): void {
    this.#tables = null;
    this.#pages = 1;
    this.#heard = false;
    this.#list.set(NO_REQUESTS);
  }

  /** Reads one page more, from now on with every change. */
  loadMore(): Promise<void> {
    this.#pages += 1;
    return this.load();
  }

  /** The first page is enough again, from the next change on. */
  endMore(): void {
    this.#pages = 1;
  }

  /** Reads the list again. Rejects when the server does not answer; what was known stays. */
  load(): Promise<void> {
    this.#stale = true;
    this.#loading ??= this.#read().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  /** `tell`: this has just happened, and this tab is the one that tells of it. */
  onEvents(events: readonly Event[], tell: boolean): void {
    const list = this.#list.snapshot();
    if (!events.some((event) => changes(list, event))) return;
    if (tell) this.#heard = true;
    // Without an answer the list is read again when the line is back.
    void this.load().catch(() => undefined);
  }

  async answer(request: MyRequest, outcome: "granted" | "refused", note: string): Promise<void> {
    const { room, id, kind } = request;
    if (kind === "removal") await this.endpoints.answerRemoval(room, id, { outcome, note });
    else await this.endpoints.answerSuggestion(room, id, { outcome, note });
    await this.load();
  }

  async askRemoval(room: RoomId, reason: string): Promise<void> {
    await this.endpoints.askRemoval(room, { reason });
    await this.load();
  }

  async withdraw(request: MyRequest): Promise<void> {
    await this.endpoints.withdrawRequest(request.id);
    await this.load();
  }

  /** Notes that the answers of a room, or everything in the list, have been seen. */
  async see(room: RoomId | null = null): Promise<void> {
    const list = this.#list.snapshot();
    // What stands on a page that was not read has not been seen, and one time is noted for all.
    if (list.more && list.answers > newAnswers(list).length) return;
    const departures = room === null ? list.departures.filter(({ fresh }) => fresh === true) : [];
    const times = [...newAnswers(list, room).map(({ answered }) => answered ?? 0), ...departures.map(({ at }) => at)];
    if (times.length === 0) return;
    await this.endpoints.seeRequests({ upto: Math.max(...times), ...(room === null ? {} : { room }) });
    await this.load();
  }

  async #read(): Promise<void> {
    while (this.#stale) {
      this.#stale = false;
      const tables = this.#tables;
      const pages = await firstPages((cursor) => this.endpoints.myRequests(cursor), this.#pages);
      const [first] = pages;
      if (tables === null || this.#tables !== tables || first === undefined) return;
      const list: RequestList = {
        requests: pages.flatMap(({ requests }) => requests),
        waiting: first.waiting,
        answers: first.answers,
        photos: first.photos,
        more: typeof pages.at(-1)?.cursor === "string",
        departures: first.departures,
        escalatesDays: first.escalates_days,
        repeatsDays: first.repeats_days,
      };
      this.#take(list);
      await tables.write([requestsKept(list)]);
    }
  }

  #take(list: RequestList): void {
    const news = newsSince(this.#list.snapshot(), list);
    const tell = this.#heard && newsCount(news) > 0;
    // What the feed told while this was read may be in the next reading only.
    if (!this.#stale) this.#heard = false;
    this.#list.set(list);
    if (tell) this.onNews(news);
  }
}
