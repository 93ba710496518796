/**
 * One room as its members see it: what it is, who is in it, what its owner and what everybody may do.
 *
 * Every refusal carries the code of the rule (F32 to F41); the buttons show the same code before the server is asked.
 */
import { Attempt } from "#core/attempt";
import { derived } from "#core/derived";
import type { Core } from "#core/index";
import type { MemberView, RemovalRequest } from "#core/protocol";
import type { PersonId, RoomId, RoomSnapshot } from "#core/snapshots";
import { type Readable, Store } from "#core/store";
import { sortName } from "#ui/initials";

export interface RoomScreen {
  readonly room: RoomSnapshot | null;
  /** In Thai order, the owner first. */
  readonly members: readonly MemberView[];
  /** Requests that wait for the owner's answer. */
  readonly requests: readonly RemovalRequest[];
  /** The reader's own request, newest first, if there is one. */
  readonly mine: RemovalRequest | null;
}

export class RoomModel implements Readable<RoomScreen> {
  readonly snapshot: () => RoomScreen;
  readonly subscribe: (listener: () => void) => () => void;
  readonly attempt = new Attempt();
  readonly id: RoomId;
  readonly me: PersonId;
  readonly #core: Core;
  readonly #asked = new Store<readonly RemovalRequest[]>([]);

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
    this.attempt.run(async () => {
      await this.#core.rooms.load(this.id);
      this.#asked.set(await this.#core.rooms.removalRequests(this.id).catch(() => []));
    });

  readonly rename = (name: string): Promise<boolean> => this.attempt.run(() => this.#core.rooms.rename(this.id, name.trim()));
  readonly close = (): Promise<boolean> => this.attempt.run(() => this.#core.rooms.close(this.id));
  readonly remove = (person: PersonId): Promise<boolean> => this.attempt.run(() => this.#core.rooms.changeMembers(this.id, [], [person]));
  readonly transfer = (to: PersonId): Promise<boolean> => this.attempt.run(() => this.#core.rooms.transfer(this.id, to));
  readonly setMuted = (muted: boolean): Promise<boolean> => this.attempt.run(() => this.#core.rooms.setMuted(this.id, muted));
  readonly setHidden = (hidden: boolean): Promise<boolean> => this.attempt.run(() => this.#core.rooms.setHidden(this.id, hidden));
  readonly clear = (): Promise<boolean> => this.attempt.run(() => this.#core.rooms.clear(this.id));

  readonly askRemoval = (reason: string): Promise<boolean> =>
    this.attempt.run(async () => {
      const request = await this.#core.rooms.askRemoval(this.id, reason.trim());
      this.#asked.update((all) => [request, ...all.filter((one) => one.id !== request.id)]);
    });

  readonly answer = (request: RemovalRequest, outcome: "granted" | "refused", note: string): Promise<boolean> =>
    this.attempt.run(async () => {
      await this.#core.rooms.answerRemoval(this.id, request.id, { outcome, note: note.trim() });
      this.#asked.update((all) => all.filter((one) => one.id !== request.id));
    });

  #compute(room: RoomSnapshot | null): RoomScreen {
    const known = [...this.#asked.snapshot(), ...this.#core.rooms.requests.snapshot().filter((one) => one.room === this.id)];
    const distinct = [...new Map(known.map((one) => [one.id, one])).values()];
    const owner = room?.view.owner;
    const sorted = this.#core.people.sort(room?.members ?? [], (member) => sortName(member.name));
    return {
      room,
      members: [...sorted.filter((member) => member.person === owner), ...sorted.filter((member) => member.person !== owner)],
      requests: owner === this.me ? distinct.filter((one) => one.answered === undefined || one.answered === null) : [],
      mine: distinct.filter((one) => one.person === this.me).sort((a, b) => b.asked - a.asked)[0] ?? null,
    };
  }
}
