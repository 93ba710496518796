/**
 * One room as its members see it: what it is, who is in it, what its owner and what everybody may do.
 *
 * Every refusal carries the code of the rule (F32 to F41); the buttons show the same code before the server is asked.
 */
import { Attempt } from "#core/attempt";
import { derived } from "#core/derived";
import type { Core } from "#core/index";
import { inLanguage } from "#core/naming";
import type { MemberView, MyRequest } from "#core/protocol";
import { askedBy, knowsAllWaiting, waitingForUs } from "#core/requests";
import type { PersonId, RoomId, RoomSnapshot } from "#core/snapshots";
import type { Readable } from "#core/store";
import { sortName } from "#ui/initials";

import type { Answering } from "./RequestsModel";

export interface RoomScreen {
  readonly room: RoomSnapshot | null;
  /** In the order of the page's language, the owner first. */
  readonly members: readonly MemberView[];
  /** What waits for our answer, the oldest first. */
  readonly waiting: readonly MyRequest[];
  /** Whether there may be more of it than what was read: the list of all rooms goes on, and has only such so far. */
  readonly moreWaiting: boolean;
  /** The reader's own newest request to be taken off, and their newest suggestion. */
  readonly removal: MyRequest | null;
  readonly suggestion: MyRequest | null;
  /** Days until a request that nobody answers goes on to an administrator; null while nobody has said. */
  readonly escalatesDays: number | null;
}

export class RoomModel implements Readable<RoomScreen>, Answering {
  readonly snapshot: () => RoomScreen;
  readonly subscribe: (listener: () => void) => () => void;
  readonly attempt = new Attempt();
  /** Reading the room, which goes on while its members act. */
  readonly reading = new Attempt();
  readonly id: RoomId;
  readonly me: PersonId;
  readonly #core: Core;

  constructor(core: Core, id: RoomId, me: PersonId) {
    this.#core = core;
    this.id = id;
    this.me = me;
    const room = core.rooms.room(id);
    const joined = derived([room, core.requests.list, core.people.language], () => this.#compute(room.snapshot()));
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  readonly person = (id: PersonId) => this.#core.people.person(id);
  readonly nameOf = (id: PersonId): string => this.#core.people.nameOf(id);
  readonly now = (): number => this.#core.clock.now();

  /** The members, read afresh. */
  readonly load = (): Promise<boolean> => this.reading.run(() => this.#core.rooms.load(this.id));

  /** The room's settings are on the screen: the answers that stand there have been seen. Returns how to stop. */
  readonly start = (): (() => void) => {
    // Where the server does not hear it, they are new again next time.
    const see = (): void => void this.#core.requests.see(this.id).catch(() => undefined);
    see();
    const end = this.#core.requests.list.subscribe(see);
    return () => {
      end();
      this.#core.requests.endMore();
    };
  };

  readonly more = (): Promise<boolean> => this.reading.run(() => this.#core.requests.loadMore(), "more");

  readonly rename = (name: string): Promise<boolean> => this.attempt.run(() => this.#core.rooms.rename(this.id, name.trim()), "rename");
  readonly close = (): Promise<boolean> => this.attempt.run(() => this.#core.rooms.close(this.id), "close");
  readonly remove = (person: PersonId, reason: string): Promise<boolean> =>
    this.attempt.run(() => this.#core.rooms.changeMembers(this.id, [], [person], reason.trim()), `remove ${person}`);
  readonly transfer = (to: PersonId): Promise<boolean> => this.attempt.run(() => this.#core.rooms.transfer(this.id, to), "transfer");
  readonly setMuted = (muted: boolean): Promise<boolean> =>
    this.attempt.run(() => this.#core.rooms.setMuted(this.id, muted), `muted ${muted}`);
  readonly setHidden = (hidden: boolean): Promise<boolean> =>
    this.attempt.run(() => this.#core.rooms.setHidden(this.id, hidden), `hidden ${hidden}`);
  readonly clear = (): Promise<boolean> => this.attempt.run(() => this.#core.rooms.clear(this.id), "clear");

  readonly askRemoval = (reason: string): Promise<boolean> =>
    this.attempt.run(() => this.#core.requests.askRemoval(this.id, reason.trim()), "askRemoval");

  readonly answer = (request: MyRequest, outcome: "granted" | "refused", note: string): Promise<boolean> =>
    this.attempt.run(() => this.#core.requests.answer(request, outcome, note.trim()), `answer ${request.id}`);

  readonly withdraw = (request: MyRequest): Promise<boolean> => 
    this.attempt.run(() => this.#core.requests.withdraw(request), `withdraw ${request.id}`);

  #compute(room: RoomSnapshot | null): RoomScreen {
    const list = this.#core.requests.list.snapshot();
    const mine = askedBy(list, this.me, this.id);
    const owner = room?.view.owner;
    const language = this.#core.people.language.snapshot();
    const sorted = this.#core.people.sort(room?.members ?? [], (member) => sortName(inLanguage(language, member.name, member.name_en)));
    return {
      room,
      members: [...sorted.filter((member) => member.person === owner), ...sorted.filter((member) => member.person !== owner)],
      waiting: waitingForUs(list, this.id),
      moreWaiting: !knowsAllWaiting(list),
      removal: mine.find((one) => one.kind === "removal") ?? null,
      suggestion: mine.find((one) => one.kind === "suggestion") ?? null,
      escalatesDays: list.escalatesDays,
    };
  }
}
