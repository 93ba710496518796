/**
 * Choosing the members of a room, or whom to suggest to its owner (F34): single people, or whole units with or without those below, by rank (F15).
 *
 * Rules: how many there are is shown before anything is added (F35); the reader and those who are members already are
 * never counted; a person chosen twice is chosen once. The choice is a snapshot of now.
 */
import { Attempt } from "#core/attempt";
import type { Core } from "#core/index";
import { PeopleSearch } from "#core/peopleSearch";
import type { PersonView } from "#core/protocol";
import type { PersonId, RoomId } from "#core/snapshots";
import { Store } from "#core/store";
import { sortedThai } from "#core/text";

import { ChartModel } from "./PeopleModel";

/** Everybody of a unit, by rank, before they are added. */
export interface UnitOffer {
  readonly unit: string;
  readonly below: boolean;
  readonly people: readonly PersonView[];
  /** How many of the unit cannot be added, since their accounts are not active. */
  readonly inactive: number;
  readonly ranks: readonly { readonly rank: string; readonly count: number }[];
  /** Ranks to add; people without a rank are under the empty string. */
  readonly chosen: ReadonlySet<string>;
}

export type PickerPurpose = { readonly kind: "new" } | { readonly kind: "add" | "suggest"; readonly room: RoomId };

/** The most that one suggestion may name. */
export const MOST_SUGGESTED = 50;

/** From how many people on those who choose are reminded to choose only those concerned (F35). */
const MANY = 100;
const MANY_SUGGESTED = 25;

/** Says whether so many people, chosen for this purpose, deserve a reminder. */
export function remindsOfNeedToKnow(kind: PickerPurpose["kind"], chosen: number): boolean {
  return chosen >= (kind === "suggest" ? MANY_SUGGESTED : MANY);
}

const PAGE = 200;

export class PickerModel {
  readonly purpose: PickerPurpose;
  readonly chart: ChartModel;
  readonly search: PeopleSearch;
  readonly chosen = new Store<readonly PersonView[]>([]);
  readonly offer = new Store<UnitOffer | null>(null);
  readonly attempt = new Attempt();
  readonly offering = new Attempt();
  readonly #core: Core;
  readonly #excluded: ReadonlySet<PersonId>;

  constructor(core: Core, purpose: PickerPurpose, me: PersonId) {
    this.#core = core;
    this.purpose = purpose;
    this.chart = new ChartModel(core);
    this.search = new PeopleSearch(core.directory, core.ports.time);
    const members = purpose.kind !== "new" ? (core.rooms.room(purpose.room).snapshot()?.members ?? []) : [];
    this.#excluded = new Set([me, ...members.map((member) => member.person)]);
  }

  /** True for the reader and for those who are members already. */
  readonly isExcluded = (id: PersonId): boolean => this.#excluded.has(id);

  readonly toggle = (person: PersonView): void =>
    this.chosen.update((chosen) => (chosen.some((one) => one.id === person.id) ? chosen.filter((one) => one.id !== person.id) : [...chosen, person]));

  readonly clear = (): void => this.chosen.set([]);

  /** Reads everybody of a unit, so that the number is known before anything is added. */
  readonly offerUnit = (unit: string, below: boolean): Promise<boolean> =>
    this.offering.run(async () => {
      const others = (await this.#everyone(unit, below)).filter((person) => !this.#excluded.has(person.id));
      const people = others.filter((person) => person.active !== false);
      const counts = new Map<string, number>();
      for (const { rank } of people) counts.set(rank ?? "", (counts.get(rank ?? "") ?? 0) + 1);
      const ranks = sortedThai([...counts].map(([rank, count]) => ({ rank, count })), ({ rank }) => rank);
      this.offer.set({ unit, below, people, inactive: others.length - people.length, ranks, chosen: new Set(counts.keys()) });
    });

  readonly toggleRank = (rank: string): void =>
    this.offer.update((offer) => {
      if (offer === null) return null;
      const chosen = new Set(offer.chosen);
      if (!chosen.delete(rank)) chosen.add(rank);
      return { ...offer, chosen };
    });

  /** Takes the offered people of the chosen ranks into the choice. */
  readonly acceptOffer = (): void => {
    const offer = this.offer.snapshot();
    if (offer === null) return;
    const known = new Set(this.chosen.snapshot().map((person) => person.id));
    const added = offeredPeople(offer).filter((person) => !known.has(person.id));
    this.chosen.update((chosen) => [...chosen, ...added]);
    this.offer.set(null);
  };

  /**
   * Makes the room named by `words`, adds to one, or suggests to its owner with `words` as the reason; answers the room
   * that is meant, or null when it was refused.
   */
  readonly finish = async (words: string): Promise<RoomId | null> => {
    const people = this.chosen.snapshot().map((person) => person.id);
    const { purpose } = this;
    const { rooms } = this.#core;
    let room: RoomId | null = null;
    await this.attempt.run(async () => {
      if (purpose.kind === "new") {
        room = await rooms.create("group", words.trim(), people);
        return;
      }
      if (purpose.kind === "add") await rooms.changeMembers(purpose.room, people, []);
      else await rooms.suggestMembers(purpose.room, people, words.trim());
      room = purpose.room;
    });
    return room;
  };

  async #everyone(unit: string, below: boolean): Promise<PersonView[]> {
    const people: PersonView[] = [];
    let cursor: string | null = null;
    do {
      const page: { people: PersonView[]; cursor?: string | null } = await this.#core.directory.search({
        q: "",
        unit,
        below,
        limit: PAGE,
        ...(cursor === null ? {} : { cursor }),
      });
      people.push(...page.people);
      cursor = page.cursor ?? null;
    } while (cursor !== null);
    return people;
  }
}

/** Those of an offer whose rank is chosen. */
export function offeredPeople(offer: UnitOffer): readonly PersonView[] {
  return offer.people.filter((person) => offer.chosen.has(person.rank ?? ""));
}
