/** One person's profile, as far as the reader may see it, and the way to a private chat with them (F17, F38). */
import { Attempt } from "#core/attempt";
import type { Core } from "#core/index";
import { isPair, policyOf } from "#core/policy";
import type { PersonView } from "#core/protocol";
import type { PersonId, RoomId } from "#core/snapshots";

import { type Contact, contactWith } from "./contact";

export class ProfileModel {
  readonly id: PersonId;
  readonly attempt = new Attempt();
  readonly reading = new Attempt();
  readonly #core: Core;

  constructor(core: Core, id: PersonId) {
    this.#core = core;
    this.id = id;
  }

  get card() {
    return this.#core.people.person(this.id);
  }

  readonly load = (): Promise<boolean> => this.reading.run(() => this.#core.people.load(this.id));

  readonly contact = (person: PersonView): Contact => contactWith(this.#core, person);

  /** The name of an open room in which both are, as far as its members are known here: there a mention reaches the person. */
  readonly commonRoom = (): string | null => {
    const { rooms } = this.#core;
    const common = rooms.list.snapshot().rooms.find(({ id, kind, closed }) => {
      if (isPair(policyOf(kind)) || closed) return false;
      const room = rooms.room(id).snapshot();
      return room !== null && (room.view.owner === this.id || room.members.some(({ person }) => person === this.id));
    });
    return common?.title ?? null;
  };

  /** The private chat there is, or the one that its first message will make: nobody is told before. */
  readonly chat = (): RoomId => this.#core.rooms.chatWith(this.id);
}
