/**
 * Searching messages (F19): the call, the search of what this device keeps, and what was searched for before.
 *
 * Rules: who may see what is the server's to decide, at the moment of the question; without network, only what is kept
 * here can be found, and the caller says so. What was searched for stays on this device, sealed like the rest of the
 * cache, and goes with it or when asked to.
 */

import { loadRows } from "./db/messages";
import { loadSearches, searchesKept } from "./db/meta";
import type { Tables } from "./db/tables";
import type { Endpoints } from "./endpoints";
import type { Feed } from "./feed";
import { keptHit, termsOf } from "./keptHits";
import type { Found, Hit, SearchQuery } from "./protocol";
import { Store, type Readable } from "./store";
import { Turns } from "./turns";

/** So many searches are remembered. */
export const MAX_RECENT = 8;
/** So many hits are taken from what is kept: who needs more narrows the question. */
export const MAX_KEPT_HITS = 100;

export class Search {
  readonly #recent = new Store<readonly string[]>([]);
  readonly #turns = new Turns();
  #tables: Tables | null = null;

  constructor(
    private readonly endpoints: Endpoints,
    private readonly feed: Pick<Feed, "rooms">,
  ) {}

  async open(tables: Tables): Promise<void> {
    this.#tables = tables;
    await this.#turns.take(async () => {
      const recent = await loadSearches(tables);
      if (this.#tables === tables) this.#recent.set(recent);
    });
  }

  close(): void {
    this.#tables = null;
    this.#recent.set([]);
  }

  /** A page of messages, newest first. Rejects with CallError; `signal` ends a question nobody waits for. */
  find(query: SearchQuery, signal: AbortSignal): Promise<Found> {
    return this.endpoints.search(query, signal);
  }

  /** The same of what this device keeps: one page, without what was cleared from the screen and so is not kept. */
  async findKept(query: SearchQuery): Promise<readonly Hit[]> {
    const tables = this.#tables;
    const terms = termsOf(query.q);
    if (tables === null || terms.length === 0 || query.unit != null) return [];
    const rooms = [...this.feed.rooms.snapshot().keys()].filter((room) => query.room == null || room === query.room);
    const found: Hit[] = [];
    for (const room of rooms) {
      const rows = await loadRows(tables, room, 0, Number.MAX_SAFE_INTEGER);
      found.push(...rows.flatMap(({ event }) => keptHit(room, event, terms, query) ?? []));
    }
    return found.sort((a, b) => b.at - a.at || b.n - a.n).slice(0, MAX_KEPT_HITS);
  }

  /** What was searched for before, the newest first. */
  get recent(): Readable<readonly string[]> {
    return this.#recent;
  }

  async remember(words: string): Promise<void> {
    const meant = words.trim();
    if (meant === "") return;
    await this.#keep((recent) => [meant, ...recent.filter((other) => other !== meant)].slice(0, MAX_RECENT));
  }

  async forget(words: string): Promise<void> {
    await this.#keep((recent) => recent.filter((other) => other !== words));
  }

  async forgetAll(): Promise<void> {
    await this.#keep(() => []);
  }

  /** Changes what is kept rather than what this tab knows: another tab may have added to it. */
  async #keep(change: (recent: readonly string[]) => readonly string[]): Promise<void> {
    const tables = this.#tables;
    if (tables === null) return;
    await this.#turns.take(async () => {
      const recent = change(await loadSearches(tables));
      await tables.write([searchesKept(recent)]);
      if (this.#tables === tables) this.#recent.set(recent);
    });
  }
}
