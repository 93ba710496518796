/**
 * Looking for people: by words, inside a unit or everywhere, page by page.
 *
 * Rules: typing waits a moment before it asks; an answer to an older question is dropped; the order is the server's (the
 * best answer first, then by name), so pages fit together; in another language it is another order, and is asked for afresh. Words that led nowhere are read by the server under the other keyboard
 * layout: `reading` says so, and the pages that follow are asked for with it.
 */
import type { Directory } from "./directory";
import { type Failure, failureOf } from "./failure";
import type { Language } from "./naming";
import type { TimePort } from "./ports";
import type { PersonView } from "./protocol";
import { type Readable, Store } from "./store";

export interface PeopleScope {
  readonly query: string;
  /** Null: the whole agency. */
  readonly unit: string | null;
  /** With the units below it. */
  readonly below: boolean;
}

export interface PeopleResults extends PeopleScope {
  readonly people: readonly PersonView[];
  /** What the words were taken for, when nobody answers them as they were typed. */
  readonly reading: string | null;
  /** How many answer outside the unit. */
  readonly elsewhere: number;
  readonly more: boolean;
  readonly loading: boolean;
  readonly failure: Failure | null;
}

const TYPING_MS = 200;
const PAGE = 50;

export class PeopleSearch implements Readable<PeopleResults> {
  readonly #directory: Directory;
  readonly #time: TimePort;
  readonly #page: number;
  readonly #state = new Store<PeopleResults>({
    query: "",
    unit: null,
    below: true,
    people: [],
    reading: null,
    elsewhere: 0,
    more: false,
    loading: false,
    failure: null,
  });
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;
  #question = 0;
  /** The language whose order the list is in. */
  #language: Language | null = null;
  #cursor: string | null = null;
  #timer: ReturnType<TimePort["setTimeout"]> | null = null;

  constructor(directory: Directory, time: TimePort, page = PAGE) {
    this.#directory = directory;
    this.#time = time;
    this.#page = page;
  }

  readonly setQuery = (query: string): void => {
    this.#state.update((state) => ({ ...state, query }));
    if (this.#timer !== null) this.#time.clearTimeout(this.#timer);
    this.#timer = this.#time.setTimeout(() => void this.search(), TYPING_MS);
  };

  readonly setScope = (unit: string | null, below: boolean): void => {
    const state = this.#state.snapshot();
    if (state.unit === unit && state.below === below && state.people.length > 0 && this.#isInOrder()) return;
    this.#state.update((now) => ({ ...now, unit, below }));
    void this.search();
  };

  readonly search = async (): Promise<void> => {
    this.#cursor = null;
    this.#language = this.#directory.language.snapshot();
    this.#state.update((state) => ({ ...state, loading: true, failure: null }));
    await this.#ask((found) => found);
  };

  readonly loadMore = async (): Promise<void> => {
    const { loading, more, people } = this.#state.snapshot();
    if (loading || !more) return;
    if (!this.#isInOrder()) return this.search();
    this.#state.update((state) => ({ ...state, loading: true }));
    await this.#ask((found) => [...people, ...found]);
  };

  #isInOrder(): boolean {
    return this.#language === this.#directory.language.snapshot();
  }

  async #ask(join: (found: readonly PersonView[]) => readonly PersonView[]): Promise<void> {
    const question = ++this.#question;
    const { query, unit, below, reading } = this.#state.snapshot();
    try {
      const page = await this.#directory.search({
        q: this.#cursor === null ? query.trim() : (reading ?? query.trim()),
        below,
        limit: this.#page,
        ...(unit === null ? {} : { unit }),
        ...(this.#cursor === null ? {} : { cursor: this.#cursor }),
      });
      if (question !== this.#question) return;
      const first = this.#cursor === null;
      this.#cursor = page.cursor ?? null;
      this.#state.update((state) => ({
        ...state,
        people: join(page.people),
        ...(first ? { reading: page.reading ?? null, elsewhere: page.elsewhere ?? 0 } : {}),
        more: this.#cursor !== null,
        loading: false,
        failure: null,
      }));
    } catch (error) {
      if (question !== this.#question) return;
      this.#state.update((state) => ({ ...state, loading: false, failure: failureOf(error) }));
    }
  }
}
