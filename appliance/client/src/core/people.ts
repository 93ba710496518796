/**
 * Who is who: names for ids, from members' lists, the log's cards, the directory and profiles.
 *
 * Rules: a profile beats a card; nobody is asked about twice at a time; whoever is not known is asked for when first
 * looked at. People are written to the cache in bundles, so that names are there offline.
 */

import { loadPeople, personKept } from "./db/people";
import type { Tables } from "./db/tables";
import type { Endpoints } from "./endpoints";
import type { Ports, TimerId } from "./ports";
import type { Event, MemberView, PersonView } from "./protocol";
import { listIn, type Card } from "./roomState";
import type { PersonCard, PersonId } from "./snapshots";
import { Store, type Readable } from "./store";
import { sortedThai } from "./text";

const KEEP_AFTER_MS = 1_000;
const AT_ONCE = 4;

export class People {
  readonly #cards = new Map<PersonId, Store<PersonCard | null>>();
  readonly #wanted: PersonId[] = [];
  readonly #asked = new Set<PersonId>();
  readonly #unkept = new Set<PersonId>();
  readonly #changes = new Store(0);
  #tables: Tables | null = null;
  #asking = 0;
  #timer: TimerId | null = null;

  constructor(
    private readonly ports: Ports,
    private readonly endpoints: Endpoints,
  ) {}

  /** Counts changes to anybody: for views that show many names. */
  get changes(): Readable<number> {
    return this.#changes;
  }

  async open(tables: Tables): Promise<void> {
    this.#tables = tables;
    for (const card of await loadPeople(tables)) this.#set(card);
    this.#unkept.clear();
  }

  close(): void {
    this.#tables = null;
    if (this.#timer !== null) this.ports.time.clearTimeout(this.#timer);
    this.#timer = null;
    this.#wanted.length = 0;
    this.#asked.clear();
    this.#unkept.clear();
    for (const card of this.#cards.values()) card.set(null);
  }

  /** Asks the server for who is not known yet. */
  person(id: PersonId): Readable<PersonCard | null> {
    const card = this.#card(id);
    if (card.snapshot() === null) this.#want(id);
    return card;
  }

  /** What is known now, without asking. */
  known(id: PersonId): PersonCard | null {
    return this.#cards.get(id)?.snapshot() ?? null;
  }

  /** Reads the profile afresh. */
  async load(id: PersonId): Promise<PersonView> {
    const { person } = await this.endpoints.person(id);
    this.learnProfiles([person]);
    return person;
  }

  /** Thai collation: leading vowels sort under their consonant (L6). */
  sort<T>(items: readonly T[], name: (item: T) => string): T[] {
    return sortedThai(items, name);
  }

  learnProfiles(people: readonly PersonView[]): void {
    for (const view of people) {
      this.#set({
        id: view.id,
        name: view.name,
        unit: view.unit?.name ?? null,
        unitRef: view.unit ?? null,
        post: view.post ?? null,
        rank: view.rank ?? null,
        active: view.active ?? true,
        full: view,
      });
    }
  }

  learnMembers(members: readonly MemberView[]): void {
    for (const member of members) {
      this.#learnCard(member.person, member.name, member.unit ?? null, member.post ?? null, member.active ?? true);
    }
  }

  /** Learns from cards the log froze when people were added. They may be old: they only fill what is missing. */
  learnEvents(events: readonly Event[]): void {
    for (const event of events) {
      if (event.type === "room") this.learnMembers(listIn(event.state?.["members"]) as readonly MemberView[]);
      if (event.type !== "member.add") continue;
      for (const card of listIn(event.state?.["members"]) as readonly Card[]) {
        if (this.known(card.p) === null && typeof card.name === "string") {
          this.#learnCard(card.p, card.name, card.unit ?? null, card.post ?? null, true);
        }
      }
    }
  }

  #learnCard(id: PersonId, name: string, unit: string | null, post: string | null, active: boolean): void {
    const old = this.known(id);
    if (name === "" || (old !== null && old.name === name && old.unit === unit && old.post === post && old.active === active)) return;
    const base = { unitRef: null, rank: null, full: null, ...old };
    this.#set({ ...base, id, name, unit: unit === "" ? null : unit, post: post === "" ? null : post, active });
  }

  #card(id: PersonId): Store<PersonCard | null> {
    const card = this.#cards.get(id) ?? new Store<PersonCard | null>(null);
    this.#cards.set(id, card);
    return card;
  }

  #set(card: PersonCard): void {
    this.#card(card.id).set(card);
    this.#changes.update((n) => n + 1);
    this.#unkept.add(card.id);
    this.#timer ??= this.ports.time.setTimeout(() => void this.#keep(), KEEP_AFTER_MS);
  }

  async #keep(): Promise<void> {
    this.#timer = null;
    const cards = [...this.#unkept].flatMap((id) => this.known(id) ?? []);
    this.#unkept.clear();
    // Names are a convenience: if they cannot be kept, they will be asked for again.
    await this.#tables?.write(cards.map(personKept)).catch(() => undefined);
  }

  #want(id: PersonId): void {
    if (this.#tables === null || this.#asked.has(id)) return;
    this.#asked.add(id);
    this.#wanted.push(id);
    if (this.#asking < AT_ONCE) void this.#ask();
  }

  async #ask(): Promise<void> {
    this.#asking += 1;
    for (let id = this.#wanted.shift(); id !== undefined; id = this.#wanted.shift()) {
      try {
        await this.load(id);
      } catch {
        this.#asked.delete(id); // whoever looks next asks again
      }
    }
    this.#asking -= 1;
  }
}
