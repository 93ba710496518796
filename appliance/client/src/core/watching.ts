/**
 * Which rooms are on the person's screen, in all tabs together: the server tells of their readers at once (F16).
 *
 * Owns what each tab has said of itself; the leading tab tells the server, anew on every line. A tab says that it shows
 * nothing when it is hidden or closed. One that crashes does not: its rooms make way for those told later.
 */

import type { ClientFrame } from "./protocol";
import type { RoomId } from "./snapshots";

/** The most the server takes (appliance/wire/sync.py). */
const MOST = 4;

export class Watching {
  /** By tab, the one that spoke last at the end. */
  readonly #tabs = new Map<string, readonly RoomId[]>();
  #told: readonly RoomId[] = [];

  constructor(private readonly send: (frame: ClientFrame) => boolean) {}

  /** Takes in what a tab shows. */
  noteTab(tab: string, rooms: readonly RoomId[]): void {
    this.#tabs.delete(tab);
    if (rooms.length > 0) this.#tabs.set(tab, rooms);
  }

  /** Tells the server if it does not know; on a line that has just opened it knows nothing. */
  tell({ anew }: { anew: boolean }): void {
    if (anew) this.#told = [];
    const rooms = this.#newest();
    const same = rooms.length === this.#told.length && rooms.every((room) => this.#told.includes(room));
    if (!same && this.send({ type: "watch", rooms })) this.#told = rooms;
  }

  clear(): void {
    this.#tabs.clear();
    this.#told = [];
  }

  #newest(): RoomId[] {
    return [...new Set([...this.#tabs.values()].reverse().flat())].slice(0, MOST);
  }
}
