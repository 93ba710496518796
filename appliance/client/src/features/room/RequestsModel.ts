/**
 * Everything that was asked of us and that we asked, in all rooms, and the rooms we were taken off (F34, F41).
 *
 * The list is the core's; this sorts it into what a person does with it. A draft that was left in a room we were taken off
 * stands beside it, until its author throws it away.
 */
import { Attempt } from "#core/attempt";
import { derived } from "#core/derived";
import { EMPTY_DRAFT } from "#core/drafts";
import type { Core } from "#core/index";
import type { Departure, MyRequest } from "#core/protocol";
import { askedBy, isWaiting, waitingForUs } from "#core/requests";
import type { PersonId, RoomId } from "#core/snapshots";
import { type Readable, Store } from "#core/store";

/** Whoever answers requests: the list of all, or the settings of one room. */
export interface Answering {
  readonly attempt: Attempt;
  /** Reading, which goes on while somebody answers. */
  readonly reading: Attempt;
  readonly more: () => Promise<boolean>;
  readonly answer: (request: MyRequest, outcome: "granted" | "refused", note: string) => Promise<boolean>;
  readonly withdraw: (request: MyRequest) => Promise<boolean>;
}

export interface RequestsScreen {
  /** What waits for our answer, the oldest first. */
  readonly waiting: readonly MyRequest[];
  /** What we asked: what waits first, then the newest answers. */
  readonly mine: readonly MyRequest[];
  /** What was answered lately in our rooms, the newest first. */
  readonly answered: readonly MyRequest[];
  readonly departures: readonly Departure[];
  /** Whether there is more than what was read. */
  readonly more: boolean;
  /** Keys of what was new when the list was opened, or came since. */
  readonly fresh: ReadonlySet<string>;
}

export const departureKey = ({ room, at }: Departure): string => `${room} ${at}`;

export class RequestsModel implements Readable<RequestsScreen>, Answering {
  readonly snapshot: () => RequestsScreen;
  readonly subscribe: (listener: () => void) => () => void;
  readonly attempt = new Attempt();
  readonly reading = new Attempt();
  readonly #core: Core;
  readonly #fresh = new Store<ReadonlySet<string>>(new Set());

  constructor(core: Core, me: PersonId) {
    this.#core = core;
    const joined = derived([core.requests.list, this.#fresh], (): RequestsScreen => {
      const list = core.requests.list.snapshot();
      return {
        waiting: waitingForUs(list),
        mine: askedBy(list, me),
        answered: list.requests.filter((one) => one.person !== me && !isWaiting(one)),
        departures: list.departures,
        more: list.more,
        fresh: this.#fresh.snapshot(),
      };
    });
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  readonly person = (id: PersonId) => this.#core.people.person(id);
  readonly room = (id: RoomId) => this.#core.rooms.room(id);
  readonly draft = (room: RoomId) => this.#core.drafts.draft(room);
  readonly discard = (room: RoomId): void => this.#core.drafts.set(room, EMPTY_DRAFT);

  /** The list is on the screen: what it holds has been seen, and what was new stays marked. Returns how to stop. */
  readonly start = (): (() => void) => {
    this.#fresh.set(new Set());
    this.#see();
    const end = this.#core.requests.list.subscribe(() => this.#see());
    return () => {
      end();
      this.#core.requests.endMore();
    };
  };

  readonly more = (): Promise<boolean> => this.reading.run(() => this.#core.requests.loadMore(), "more");

  readonly answer = (request: MyRequest, outcome: "granted" | "refused", note: string): Promise<boolean> =>
    this.attempt.run(() => this.#core.requests.answer(request, outcome, note.trim()), `answer ${request.id}`);

  readonly withdraw = (request: MyRequest): Promise<boolean> =>
    this.attempt.run(() => this.#core.requests.withdraw(request), `withdraw ${request.id}`);

  #see(): void {
    const { requests, departures } = this.#core.requests.list.snapshot();
    const fresh = [...requests.filter((one) => one.fresh).map(({ id }) => id), ...departures.filter((one) => one.fresh).map(departureKey)];
    if (fresh.length === 0) return;
    this.#fresh.update((known) => new Set([...known, ...fresh]));
    // Where the server does not hear it, they are new again next time.
    void this.#core.requests.see().catch(() => undefined);
  }
}
