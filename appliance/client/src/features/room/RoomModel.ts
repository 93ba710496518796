/**
 * One room as its members see it: what it is, who is in it, what its owner and what everybody may do.
 *
 * Every refusal carries the code of the rule (F32 to F41); the buttons show the same code before the server is asked.
 */
import { Attempt } from "#core/attempt";
import { derived } from "#core/derived";
import type { Core } from "#core/index";
import { distinctRequests, isWaiting, type OwnerRequest } from "#core/ownerRequests";
import type { MemberView } from "#core/protocol";
import type { PersonId, RoomId, RoomSnapshot } from "#core/snapshots";
import { type Readable, Store } from "#core/store";
import { sortName } from "#ui/initials";

export interface RoomScreen {
  readonly room: RoomSnapshot | null;
  /** In Thai order, the owner first. */
  readonly members: readonly MemberView[];
  /** To the owner: what waits for an answer, the oldest first. */
  readonly waiting: readonly OwnerRequest[];
  /** The reader's own newest request to be taken off, and their newest suggestion. */
  readonly removal: OwnerRequest | null;
  readonly suggestion: OwnerRequest | null;
}

export class RoomModel implements Readable<RoomScreen> {
  readonly snapshot: () => RoomScreen;
  readonly subscribe: (listener: () => void) => () => void;
  readonly attempt = new Attempt();
  /** Reading the room, which goes on while its members act. */
  readonly reading = new Attempt();
  readonly id: RoomId;
  readonly me: PersonId;
  readonly #core: Core;
  readonly #asked = new Store<readonly OwnerRequest[]>([]);

  constructor(core: Core, id: RoomId, me: PersonId) {
    this.#core = core;
    this.id = id;
    this.me = me;
    const room = core.rooms.room(id);
    const joined = derived([room, core.rooms.requests, this.#asked], () => this.#compute(room.snapshot()));
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  readonly person = (id: PersonId) => this.#core.people.person(id);
  readonly nameOf = (id: PersonId): string => this.#core.people.known(id)?.name ?? "…";

  /** Members and requests, read afresh. */
  readonly load = (): Promise<boolean> =>
    this.reading.run(async () => {
      await this.#core.rooms.load(this.id);
      this.#asked.set(await this.#core.rooms.ownerRequests(this.id).catch(() => []));
    });

  readonly rename = (name: string): Promise<boolean> => this.attempt.run(() => this.#core.rooms.rename(this.id, name.trim()), "rename");
  readonly close = (): Promise<boolean> => this.attempt.run(() => this.#core.rooms.close(this.id), "close");
  readonly remove = (person: PersonId): Promise<boolean> =>
    this.attempt.run(() => this.#core.rooms.changeMembers(this.id, [], [person]), `remove ${person}`);
  readonly transfer = (to: PersonId): Promise<boolean> => this.attempt.run(() => this.#core.rooms.transfer(this.id, to), "transfer");
  readonly setMuted = (muted: boolean): Promise<boolean> =>
    this.attempt.run(() => this.#core.rooms.setMuted(this.id, muted), `muted ${muted}`);
  readonly setHidden = (hidden: boolean): Promise<boolean> =>
    this.attempt.run(() => this.#core.rooms.setHidden(this.id, hidden), `hidden ${hidden}`);
  readonly clear = (): Promise<boolean> => this.attempt.run(() => this.#core.rooms.clear(this.id), "clear");

  readonly askRemoval = (reason: string): Promise<boolean> =>
    this.attempt.run(async () => {
      this.#learn(await this.#core.rooms.askRemoval(this.id, reason.trim()));
    }, "askRemoval");

  readonly answer = (request: OwnerRequest, outcome: "granted" | "refused", note: string): Promise<boolean> =>
    this.attempt.run(async () => {
      this.#learn(await this.#core.rooms.answerRequest(request, outcome, note.trim()));
    }, `answer ${request.id}`);

  #learn(request: OwnerRequest): void {
    this.#asked.update((all) => [...all.filter((one) => one.id !== request.id), request]);
  }

  #compute(room: RoomSnapshot | null): RoomScreen {
    const told = this.#core.rooms.requests.snapshot().filter((one) => one.room === this.id);
    const requests = distinctRequests([...this.#asked.snapshot(), ...told]);
    const mine = requests.filter((one) => one.person === this.me);
    const owner = room?.view.owner;
    const sorted = this.#core.people.sort(room?.members ?? [], (member) => sortName(member.name));
    return {
      room,
      members: [...sorted.filter((member) => member.person === owner), ...sorted.filter((member) => member.person !== owner)],
      waiting: owner === this.me ? requests.filter(isWaiting) : [],
      removal: mine.findLast((one) => one.kind === "removal") ?? null,
      suggestion: mine.findLast((one) => one.kind === "suggestion") ?? null,
    };
  }
}
