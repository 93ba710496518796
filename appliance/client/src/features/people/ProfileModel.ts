/** One person's profile, as far as the reader may see it, and the way to a private chat with them (F17, F38). */
import { Attempt } from "#core/attempt";
import type { Core } from "#core/index";
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

  /** The private chat there is, or the one that its first message will make: nobody is told before. */
  readonly chat = (): RoomId => this.#core.rooms.chatWith(this.id);
}
