/**
 * Who has read one message and who has not yet (F16): the server's list with times, read afresh whenever the members'
 * marks of the room change, so that an open panel is never stale.
 */
import { derived } from "#core/derived";
import { type Failure, failureOf } from "#core/failure";
import type { Core } from "#core/index";
import type { Readers } from "#core/protocol";
import type { RoomId } from "#core/snapshots";
import { type Readable, Store } from "#core/store";

export type ReadersState =
  | { readonly kind: "loading" }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "loaded"; readonly readers: Readers };

export interface ReadersSnapshot {
  readonly state: ReadersState;
  readonly text: string | null;
}

const REFRESH_AFTER_MS = 400;

export class ReadersModel implements Readable<ReadersSnapshot> {
  readonly snapshot: () => ReadersSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  readonly #core: Core;
  readonly #room: RoomId;
  readonly #n: number;
  readonly #state = new Store<ReadersState>({ kind: "loading" });
  #scheduled = false;

  constructor(core: Core, room: RoomId, n: number) {
    this.#core = core;
    this.#room = room;
    this.#n = n;
    const timeline = core.timeline(room);
    const joined = derived([this.#state, timeline], () => {
      const item = timeline.snapshot().items.find((one) => one.n === n);
      return { state: this.#state.snapshot(), text: item?.kind === "message" ? item.text : null };
    });
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  start(): () => void {
    void this.load();
    return this.#core.rooms.room(this.#room).subscribe(() => this.#schedule());
  }

  readonly person = (id: string) => this.#core.people.person(id);

  readonly load = async (): Promise<void> => {
    try {
      const readers = await this.#core.readers.load(this.#room, this.#n);
      this.#state.set({ kind: "loaded", readers: sorted(readers) });
    } catch (error) {
      if (this.#state.snapshot().kind !== "loaded") this.#state.set({ kind: "failed", failure: failureOf(error) });
    }
  };

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#core.ports.time.setTimeout(() => {
      this.#scheduled = false;
      void this.load();
    }, REFRESH_AFTER_MS);
  }
}

/** First readers first. */
function sorted(readers: Readers): Readers {
  return { ...readers, read: [...readers.read].sort((a, b) => a.at - b.at) };
}
