/**
 * Who is typing now: news that lives LIFE_MS and is never stored.
 */

import { personOfNew } from "./newChats";
import type { Ports, TimerId } from "./ports";
import type { ClientFrame, Event } from "./protocol";
import { isMessage } from "./registry";
import type { PersonId, RoomId } from "./snapshots";
import { Store, type Readable } from "./store";

const LIFE_MS = 6_000;
const TELL_MS = 3_000;

export class Typing {
  readonly #rooms = new Map<RoomId, Store<readonly PersonId[]>>();
  readonly #timers = new Map<string, TimerId>();
  readonly #told = new Map<RoomId, number>();

  constructor(
    private readonly ports: Ports,
    private readonly send: (frame: ClientFrame) => boolean,
  ) {}

  /** Who is typing in the room now, ourselves left out. */
  in(room: RoomId): Readable<readonly PersonId[]> {
    return this.#room(room);
  }

  /** Tells the others, at most every TELL_MS; nothing happens without a line. */
  tell(room: RoomId): void {
    if (personOfNew(room) !== null) return; // nobody is there to hear it
    const now = this.ports.time.now();
    if (now - (this.#told.get(room) ?? -TELL_MS) < TELL_MS) return;
    if (this.send({ type: "typing", room })) this.#told.set(room, now);
  }

  /** Takes in events: who has typed, and who has sent what they were typing. */
  onEvents(events: readonly Event[], me: PersonId): void {
    for (const event of events) {
      const { type, room, sender } = event;
      if (typeof room !== "string" || typeof sender !== "string" || sender === me) continue;
      if (type === "typing") this.#begin(room, sender);
      else if (isMessage(event)) this.#end(room, sender);
    }
  }

  clear(): void {
    for (const timer of this.#timers.values()) this.ports.time.clearTimeout(timer);
    this.#timers.clear();
    this.#told.clear();
    for (const room of this.#rooms.values()) room.set([]);
  }

  #begin(room: RoomId, person: PersonId): void {
    const key = `${room} ${person}`;
    const running = this.#timers.get(key);
    if (running !== undefined) this.ports.time.clearTimeout(running);
    this.#timers.set(key, this.ports.time.setTimeout(() => this.#end(room, person), LIFE_MS));
    this.#room(room).update((people) => (people.includes(person) ? people : [...people, person]));
  }

  #end(room: RoomId, person: PersonId): void {
    const key = `${room} ${person}`;
    const running = this.#timers.get(key);
    if (running === undefined) return;
    this.ports.time.clearTimeout(running);
    this.#timers.delete(key);
    this.#room(room).update((people) => people.filter((other) => other !== person));
  }

  #room(room: RoomId): Store<readonly PersonId[]> {
    const store = this.#rooms.get(room) ?? new Store<readonly PersonId[]>([]);
    this.#rooms.set(room, store);
    return store;
  }
}
