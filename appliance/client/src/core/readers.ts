/**
 * Who has read what, from the members' marks and what they passed over (F16).
 *
 * Owns the counting for the marks under messages, and asking the server for the full list with times. Whoever jumped
 * across a message has not read it. The sender counts in neither number.
 */

import type { Endpoints } from "./endpoints";
import type { Feed } from "./feed";
import type { MemberView, Position, Readers } from "./protocol";
import { shownTo, wasShown } from "./reads";
import type { PersonId, RoomId } from "./snapshots";

export interface ReadMark {
  readonly by: readonly PersonId[];
  readonly of: number;
}

/** Counts readers of any position in O(log members), after one sort of what was shown to whom. */
export class ReadIndex {
  readonly #members: ReadonlyMap<PersonId, MemberView>;
  readonly #from: Float64Array;
  readonly #to: Float64Array;

  constructor(members: readonly MemberView[]) {
    this.#members = new Map(members.map((member) => [member.person, member]));
    const shown = members.flatMap(shownTo);
    this.#from = Float64Array.from(shown, ([from]) => from).sort();
    this.#to = Float64Array.from(shown, ([, to]) => to).sort();
  }

  count(n: Position, sender: PersonId): { by: number; of: number } {
    const own = this.#members.get(sender);
    // A member's ranges do not overlap: those that have begun and not ended are one for each reader.
    const by = below(this.#from, n + 1) - below(this.#to, n) - (own !== undefined && wasShown(own, n) ? 1 : 0);
    return { by, of: this.#members.size - (own === undefined ? 0 : 1) };
  }
}

/** How many of the sorted values are less than `n`. */
function below(sorted: Float64Array, n: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] ?? 0) < n) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class ReaderMarks {
  constructor(
    private readonly feed: Feed,
    private readonly endpoints: Endpoints,
  ) {}

  /** Who has read position `n`, as far as the members' views say; the sender is left out. */
  of(room: RoomId, n: Position, sender: PersonId): ReadMark {
    const others = (this.feed.record(room)?.view.members ?? []).filter((member) => member.person !== sender);
    return { by: others.filter((member) => wasShown(member, n)).map((member) => member.person), of: others.length };
  }

  /** A page of the list with times, and of who has not read it yet; `cursor` of a page asks for what follows. */
  load(room: RoomId, n: Position, cursor: string | null = null): Promise<Readers> {
    return this.endpoints.readers(room, n, cursor);
  }
}
