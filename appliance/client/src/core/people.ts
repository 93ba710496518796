/**
 * Who is who: names for ids, from members' lists, the log's cards, the directory and profiles.
 *
 * Rules: a profile beats a card; nobody is asked about twice at a time; whoever is not known is asked for when first
 * looked at. People are written to the cache in bundles, so that names are there offline. Both languages are kept; cards
 * show that of the page, and change with it. On an English page whoever is known from the log alone, which is in Thai, is
 * asked for too.
 */

import { type KeptPerson, loadPeople, personKept, type RegisterNames } from "./db/people";
import type { Tables } from "./db/tables";
import type { Endpoints } from "./endpoints";
import { asEntry, kindOf } from "./entries";
import { CallError } from "./errors";
import { inLanguage, type Language } from "./naming";
import type { Ports, TimerId } from "./ports";
import type { Event, MemberView, PersonView } from "./protocol";
import { asView } from "./roomState";
import type { PersonCard, PersonId } from "./snapshots";
import { Store, type Readable } from "./store";
import { sortedByName } from "./text";

const KEEP_AFTER_MS = 1_000;
const AT_ONCE = 4;
/** Stands for a name that is not known yet. */
export const UNNAMED = "…";

export class People {
  readonly #kept = new Map<PersonId, KeptPerson>();
  readonly #cards = new Map<PersonId, Store<PersonCard | null>>();
  readonly #strangers = new Store<ReadonlySet<PersonId>>(new Set());
  readonly #language = new Store<Language>("th");
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

  get language(): Readable<Language> {
    return this.#language;
  }

  /** Names everybody in this language from now on. */
  speak(language: Language): void {
    if (language === this.#language.snapshot()) return;
    this.#language.set(language);
    for (const person of this.#kept.values()) this.#card(person.id).set(shown(person, language));
    this.#changes.update((n) => n + 1);
  }

  async open(tables: Tables): Promise<void> {
    this.#tables = tables;
    const kept = await loadPeople(tables);
    if (this.#tables !== tables) return;
    // Whoever was learnt of meanwhile is known better than the cache knows them.
    for (const person of kept) if (!this.#kept.has(person.id)) this.#show(person);
  }

  close(): void {
    this.#tables = null;
    if (this.#timer !== null) this.ports.time.clearTimeout(this.#timer);
    this.#timer = null;
    this.#wanted.length = 0;
    this.#asked.clear();
    this.#unkept.clear();
    this.#kept.clear();
    for (const card of this.#cards.values()) card.set(null);
    this.#strangers.set(new Set());
  }

  /** Asks the server for who is not known yet, or not in the language of the page. */
  person(id: PersonId): Readable<PersonCard | null> {
    const kept = this.#kept.get(id);
    if (kept === undefined || (kept.english === null && this.#language.snapshot() === "en")) this.#want(id);
    return this.#card(id);
  }

  /** Those for whom the server knows nobody: an address was mistyped, or cut. */
  get strangers(): Readable<ReadonlySet<PersonId>> {
    return this.#strangers;
  }

  /** What is known, without asking. */
  card(id: PersonId): Readable<PersonCard | null> {
    return this.#card(id);
  }

  /** What is known now, without asking. */
  known(id: PersonId): PersonCard | null {
    return this.#cards.get(id)?.snapshot() ?? null;
  }

  /**
   * The name as far as it is known, without asking. What the log wrote down at the time stands on a Thai page; the log has
   * no English names.
   */
  nameOf(id: PersonId, logged: string | null = null): string {
    const known = this.known(id)?.name ?? null;
    return (this.#language.snapshot() === "en" ? (known ?? logged) : (logged ?? known)) ?? UNNAMED;
  }

  /** Reads the profile afresh. */
  async load(id: PersonId): Promise<PersonView> {
    try {
      const { person } = await this.endpoints.person(id);
      this.learnProfiles([person]);
      return person;
    } catch (error) {
      if (error instanceof CallError && error.kind === "refused" && error.status < 429 && !this.#kept.has(id)) this.#strangers.update((known) => new Set([...known, id]));
      throw error;
    }
  }

  /** In the order of the page's language; Thai leading vowels sort under their consonant (L6). */
  sort<T>(items: readonly T[], name: (item: T) => string): T[] {
    return sortedByName(items, name, this.#language.snapshot());
  }

  learnProfiles(people: readonly PersonView[]): void {
    for (const view of people) {
      this.#set({
        id: view.id,
        thai: register(view.name, view.unit?.name, view.post, view.rank),
        english: register(view.name_en, view.unit?.name_en, view.post_en, view.rank_en),
        status: view.status ?? null,
        active: view.active ?? true,
        photo: view.photo ?? null,
        full: view,
      });
    }
  }

  learnMembers(members: readonly MemberView[]): void {
    for (const member of members) {
      const old = this.#kept.get(member.person);
      const { rank = null } = old?.thai ?? {};
      this.#learn({
        id: member.person,
        thai: register(member.name, member.unit, member.post, rank),
        english: register(member.name_en, member.unit_en, member.post_en, old?.english?.rank),
        status: member.status ?? null,
        active: member.active ?? true,
        photo: member.photo ?? null,
        full: old?.full ?? null,
      });
    }
  }

  /** Learns from cards the log froze when people were added. They may be old: they only fill what is missing. */
  learnEvents(events: readonly Event[]): void {
    for (const event of events) {
      if (event.type === "room" && event.state) this.learnMembers(asView(event.state).members ?? []);
      for (const card of kindOf(event).introduces(asEntry(event))) {
        if (this.known(card.p) === null) {
          this.#learn({ id: card.p, thai: register(card.name, card.unit, card.post, null), english: null, status: null, active: true, photo: null, full: null });
        }
      }
    }
  }

  #learn(person: KeptPerson): void {
    if (person.thai.name === "" || sameWords(this.#kept.get(person.id), person)) return;
    this.#set(person);
  }

  #card(id: PersonId): Store<PersonCard | null> {
    const card = this.#cards.get(id) ?? new Store<PersonCard | null>(null);
    this.#cards.set(id, card);
    return card;
  }

  #show(person: KeptPerson): void {
    this.#kept.set(person.id, person);
    this.#card(person.id).set(shown(person, this.#language.snapshot()));
    this.#changes.update((n) => n + 1);
  }

  #set(person: KeptPerson): void {
    this.#show(person);
    this.#unkept.add(person.id);
    this.#timer ??= this.ports.time.setTimeout(() => void this.#keep(), KEEP_AFTER_MS);
  }

  async #keep(): Promise<void> {
    this.#timer = null;
    const people = [...this.#unkept].flatMap((id) => this.#kept.get(id) ?? []);
    this.#unkept.clear();
    // Names are a convenience: if they cannot be kept, they will be asked for again.
    await this.#tables?.write(people.map(personKept)).catch(() => undefined);
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

type Word = string | null | undefined;

function register(name: Word, unit: Word, post: Word, rank: Word): RegisterNames {
  return { name: name ?? "", unit: unit || null, post: post || null, rank: rank || null };
}

/** The card of a person, named in a language. */
function shown({ id, thai, english, status, active, photo, full }: KeptPerson, language: Language): PersonCard {
  return {
    id,
    name: inLanguage(language, thai.name, english?.name),
    spellings: [thai.name, english?.name ?? ""].filter((name) => name !== ""),
    unit: inLanguage(language, thai.unit, english?.unit),
    post: inLanguage(language, thai.post, english?.post),
    rank: inLanguage(language, thai.rank, english?.rank),
    status,
    active,
    photo: photo ?? null,
    full,
  };
}

function sameWords(one: KeptPerson | undefined, other: KeptPerson): boolean {
  return one !== undefined && JSON.stringify([one.thai, one.english, one.status, one.active, one.photo]) === JSON.stringify([other.thai, other.english, other.status, other.active, other.photo]);
}
