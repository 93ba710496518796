/**
 * Choosing the members of a room, or whom to suggest to its owner (F34): single people, or whole units with or without those below, by rank (F15).
 *
 * Rules: how many there are is shown before anything is added (F35); the reader and those who are members already are
 * never counted, and whom a whole unit leaves out is said by name; a person chosen twice is chosen once. The choice is a
 * snapshot of now.
 */
import { Attempt } from "#core/attempt";
import type { Core } from "#core/index";
import { PeopleSearch } from "#core/peopleSearch";
import { NEW_ROOM_KIND } from "#core/policy";
import type { PersonView } from "#core/protocol";
import type { PersonId, RoomId } from "#core/snapshots";
import { Store } from "#core/store";
import { sortedByName } from "#core/text";

import { ChartModel } from "./PeopleModel";

/** A unit whose people may be taken, with those below it or without. */
export interface WantedUnit {
  readonly unit: string;
  readonly below: boolean;
}

/** Everybody of a unit, by rank, before they are added. */
export interface UnitOffer {
  /** Everybody, with those whom the offer leaves out. */
  readonly everyone: number;
  readonly people: readonly PersonView[];
  /** Whether the reader is one of them. */
  readonly self: boolean;
  /** Those of the unit who cannot be added, since their accounts are not active. */
  readonly inactive: readonly PersonView[];
  /** Those of the unit who are members already. */
  readonly present: readonly PersonView[];
  /** The most senior first; those whose seniority is not known come last. */
  readonly ranks: readonly { readonly rank: string; readonly rank_en: string | null; readonly count: number }[];
  /** Ranks to add; people without a rank are under the empty string. */
  readonly chosen: ReadonlySet<string>;
}

export type PickerPurpose = { readonly kind: "new" } | { readonly kind: "add" | "suggest"; readonly room: RoomId };

export type Standing = "me" | "member" | "inactive";
export type Missing = "name" | "people" | "name_and_people" | "fewer";

/** The most that one suggestion may name. */
export const MAX_SUGGESTED = 50;

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
  /** The unit that was chosen in the chart; null while none is. */
  readonly wanted = new Store<WantedUnit | null>(null);
  /** Its people, once they have been counted. */
  readonly offer = new Store<UnitOffer | null>(null);
  readonly attempt = new Attempt();
  readonly offering = new Attempt();
  readonly #core: Core;
  readonly #me: PersonId;
  readonly #members: ReadonlySet<PersonId>;

  constructor(core: Core, purpose: PickerPurpose, me: PersonId) {
    this.#core = core;
    this.purpose = purpose;
    this.chart = new ChartModel(core);
    this.search = new PeopleSearch(core.directory, core.ports.time);
    const members = purpose.kind !== "new" ? (core.rooms.room(purpose.room).snapshot()?.members ?? []) : [];
    this.#me = me;
    this.#members = new Set(members.map((member) => member.person));
  }

  /** Why somebody cannot be chosen; null for who can. */
  readonly standing = (person: PersonView): Standing | null => {
    if (person.id === this.#me) return "me";
    if (this.#members.has(person.id)) return "member";
    return person.active === false ? "inactive" : null;
  };

  /** What is still missing before it can be done; null when nothing is. */
  readonly missing = (words: string): Missing | null => {
    const chosen = this.chosen.snapshot().length;
    if (this.purpose.kind === "suggest" && chosen > MAX_SUGGESTED) return "fewer";
    const unnamed = this.purpose.kind === "new" && words.trim() === "";
    if (chosen === 0) return unnamed ? "name_and_people" : "people";
    return unnamed ? "name" : null;
  };

  /** True when closing would throw away what somebody has typed or chosen. */
  readonly holdsInput = (words: string): boolean => words.trim() !== "" || this.chosen.snapshot().length > 0;

  readonly toggle = (person: PersonView): void =>
    this.chosen.update((chosen) => (chosen.some((one) => one.id === person.id) ? chosen.filter((one) => one.id !== person.id) : [...chosen, person]));

  readonly clear = (): void => this.chosen.set([]);

  /** Reads everybody of a unit, so that the number is known before anything is added. The unit chosen last is the one that is offered. */
  readonly offerUnit = (unit: string, below: boolean): Promise<boolean> => {
    this.wanted.set({ unit, below });
    this.offer.set(null);
    return this.offering.run(async () => {
      const everyone = await this.#everyone(unit, below);
      const wanted = this.wanted.snapshot();
      if (wanted?.unit === unit && wanted.below === below) this.offer.set(this.#offerOf(everyone));
    }, `${unit} ${below}`);
  };

  /** Goes back to the chart without taking anybody. */
  readonly leaveOffer = (): void => {
    this.wanted.set(null);
    this.offer.set(null);
    this.offering.clear();
  };

  /** All ranks of the offer, or none. */
  readonly chooseRanks = (all: boolean): void =>
    this.offer.update((offer) => offer && { ...offer, chosen: new Set(all ? offer.ranks.map(({ rank }) => rank) : []) });

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
    this.leaveOffer();
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
        room = await rooms.create(NEW_ROOM_KIND, words.trim(), people);
        return;
      }
      if (purpose.kind === "add") await rooms.changeMembers(purpose.room, people, []);
      else await rooms.suggestMembers(purpose.room, people, words.trim());
      room = purpose.room;
    });
    return room;
  };

  #offerOf(everyone: readonly PersonView[]): UnitOffer {
    const standing = (wanted: Standing | null) => everyone.filter((person) => this.standing(person) === wanted);
    const people = standing(null);
    const ranks = ranksOf(people);
    return {
      everyone: everyone.length,
      people,
      self: standing("me").length > 0,
      inactive: standing("inactive"),
      present: standing("member"),
      ranks,
      chosen: new Set(ranks.map(({ rank }) => rank)),
    };
  }

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

function ranksOf(people: readonly PersonView[]): UnitOffer["ranks"] {
  const ranks = new Map<string, { rank: string; rank_en: string | null; count: number; seniority: number }>();
  for (const { rank, rank_en: english, seniority } of people) {
    const known = ranks.get(rank ?? "") ?? { rank: rank ?? "", rank_en: english ?? null, count: 0, seniority: -1 };
    ranks.set(known.rank, { ...known, count: known.count + 1, seniority: Math.max(known.seniority, seniority ?? -1) });
  }
  const byName = sortedByName([...ranks.values()], ({ rank }) => rank, "th");
  return byName.sort((a, b) => b.seniority - a.seniority).map(({ seniority: _, ...shown }) => shown);
}

/** Those of an offer whose rank is chosen. */
export function offeredPeople(offer: UnitOffer): readonly PersonView[] {
  return offer.people.filter((person) => offer.chosen.has(person.rank ?? ""));
}
