/**
 * Who has read what, from the members' reading marks (F16).
 *
 * Owns the counting for the marks under messages, and asking the server for the full list with times. A member's mark is
 * cumulative: who has read position 12 has read everything before. The sender counts in neither number.
 */

import type { Endpoints } from "./endpoints";
import type { Feed } from "./feed";
import type { MemberView, Position, Readers } from "./protocol";
import type { PersonId, RoomId } from "./snapshots";

export interface ReadMark {
  readonly by: readonly PersonId[];
  readonly of: number;
}

/** Counts readers of any position in O(log members), after one sort. */
export class ReadIndex {
  readonly #marks: readonly number[];
  readonly #own: ReadonlyMap<PersonId, number>;

  constructor(members: readonly MemberView[]) {
    this.#own = new Map(members.map((member) => [member.person, member.read ?? -1]));
    this.#marks = [...this.#own.values()].sort((a, b) => a - b);
  }

  count(n: Position, sender: PersonId): { by: number; of: number } {
    const own = this.#own.get(sender);
    const by = this.#marks.length - this.#below(n) - (own !== undefined && own >= n ? 1 : 0);
    return { by, of: this.#marks.length - (own === undefined ? 0 : 1) };
  }

  #below(n: Position): number {
    let [low, high] = [0, this.#marks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#marks[middle] ?? 0) < n) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

export class ReaderMarks {
  constructor(
    private readonly feed: Feed,
    private readonly endpoints: Endpoints,
  ) {}

  /** Who has read position `n`, from the members' marks; the sender is left out. */
  of(room: RoomId, n: Position, sender: PersonId): ReadMark {
    const others = (this.feed.record(room)?.view.members ?? []).filter((member) => member.person !== sender);
    return { by: others.filter((member) => (member.read ?? -1) >= n).map((member) => member.person), of: others.length };
  }

  /** A page of the list with times, and of who has not read it yet; `cursor` of a page asks for what follows. */
  load(room: RoomId, n: Position, cursor: string | null = null): Promise<Readers> {
    return this.endpoints.readers(room, n, cursor);
  }
}
