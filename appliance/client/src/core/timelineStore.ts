/**
 * One room's timeline for a view: what is at hand, more on demand, and what is on its way.
 *
 * Owns the window, the loading of pages (cache first, then the server) and our own unconfirmed reactions. Rules:
 * - Entries that arrive while a page is on its way are folded into the page when it comes: nothing is lost in between.
 * - The «new messages» line stays where it was when the timeline was opened.
 * - Edits and retractions wait for the log; only reactions are shown before it confirms them.
 */

import { loadRows } from "./db/messages";
import type { Tables } from "./db/tables";
import type { Endpoints } from "./endpoints";
import { kindOf } from "./entries";
import type { OwnReaction } from "./entries/kind";
import { codeOf } from "./errors";
import type { Applied, Feed, Page } from "./feed";
import { itemOf, quoteOf, sameOr } from "./items";
import type { Outbox } from "./outbox";
import { isPair, policyOf } from "./policy";
import type { Event, MessagesQuery, Position, Version } from "./protocol";
import { rangeOf, type Range } from "./ranges";
import { ReadIndex } from "./readers";
import { unreadMark, type RoomRecord } from "./roomState";
import type { DraftText, PersonId, Quote, RoomId, TimelineItem, TimelineSnapshot } from "./snapshots";
import { Store } from "./store";
import { covered, isEntry, pageRow, pointsBack, type Row } from "./timelineRows";
import { TimelineWindow } from "./window";

const PAGE = 50;
/** The most that the server gives at once. */
const LARGE_PAGE = 200;
/** An open timeline lets go of rows beyond this, so memory stays steady over a day (C22). */
const KEEP = 10_000;

export interface TimelineDeps {
  readonly feed: Feed;
  readonly outbox: Outbox;
  readonly endpoints: Endpoints;
  readonly tables: () => Tables | null;
  readonly me: () => PersonId;
  readonly newTxn: () => string;
  readonly keepPage: (page: Page) => void;
  /** The timeline came onto a screen, or went. */
  readonly shown: () => void;
}

type Loading = TimelineSnapshot["loading"];

export class Timeline {
  readonly #store: Store<TimelineSnapshot>;
  readonly #window = new TimelineWindow();
  readonly #quotes = new Map<Position, Quote>();
  #open = 0;
  #loading: Loading = "none";
  #error: string | null = null;
  #unreadLine: Position | null = null;
  /** Cleared messages are shown only after a jump to one of them (F19). */
  #showCleared = false;
  #own: OwnReaction[] = [];
  /** Entries heard while a page is on its way. */
  #meanwhile: Event[] = [];
  #onTheWay = 0;
  /** Grows when another part of the room is to be shown: a page asked for before has no place there. */
  #turn = 0;
  #readers: { record: RoomRecord; index: ReadIndex } | null = null;

  constructor(
    readonly room: RoomId,
    private readonly deps: TimelineDeps,
  ) {
    this.#store = new Store(this.#derive([]));
  }

  readonly snapshot = (): TimelineSnapshot => this.#store.snapshot();
  readonly subscribe = (listener: () => void): (() => void) => this.#store.subscribe(listener);

  get isOpen(): boolean {
    return this.#open > 0;
  }

  /** Shows the cache at once, then the newest page. Counted: call `close` once for each. */
  open(): void {
    this.#open += 1;
    if (this.#open > 1) return;
    this.deps.shown();
    const record = this.#record();
    this.#unreadLine = record !== null && record.view.unread > 0 ? unreadMark(record.view) : null;
    if (this.#window.range === null) void this.#first();
    else this.#show();
  }

  close(): void {
    this.#open = Math.max(0, this.#open - 1);
    if (this.#open > 0) return;
    this.deps.shown();
    this.#unreadLine = null;
    this.#showCleared = false;
    if (this.#atNewest()) this.#window.trim(PAGE * 2);
    else this.#window.clear();
    this.#show();
  }

  async loadOlder(): Promise<void> {
    await this.#untilSomethingShows((size) => this.#older(size));
  }

  async loadNewer(): Promise<void> {
    await this.#untilSomethingShows((size) => this.#newer(size));
  }

  /**
   * Loads the surroundings of `n`, also while the room is still opening; resolves when `n` is among the items, or the
   * load has failed. A room that then has nothing to show shows its newest.
   */
  async jumpTo(n: Position): Promise<void> {
    if (n <= (this.#record()?.view.cleared ?? -1)) this.#showCleared = true;
    const { range } = this.#window;
    if (range !== null && range[0] <= n && n <= range[1]) return this.#show();
    const turn = ++this.#turn;
    const kept = rangeOf(this.#record()?.ranges ?? [], n);
    const half = PAGE / 2;
    if (kept !== null) await this.#fromCache([Math.max(kept[0], n - half), Math.min(kept[1], n + half)], "around");
    else await this.#load({ around: n, limit: PAGE }, "around");
    if (turn === this.#turn && this.#window.range === null) await this.#first();
  }

  async jumpToNewest(): Promise<void> {
    this.#showCleared = false;
    if (this.#atNewest()) return this.#show();
    await this.#first();
  }

  async edit(n: Position, text: DraftText): Promise<void> {
    const body = { text: text.text, mentions: [...text.mentions], everyone: text.everyone };
    await this.deps.endpoints.editMessage(this.room, n, { txn_id: this.deps.newTxn(), body });
  }

  async retract(n: Position, reason: string): Promise<void> {
    await this.deps.endpoints.retractMessage(this.room, n, this.deps.newTxn(), reason);
  }

  /** Shown at once; taken back if the server refuses. */
  async react(n: Position, emoji: string, on: boolean): Promise<void> {
    const own: OwnReaction = { n, emoji, on };
    this.#own = [...this.#own.filter((other) => other.n !== n || other.emoji !== emoji), own];
    this.#show();
    try {
      await this.deps.endpoints.react(this.room, n, emoji, on, this.deps.newTxn());
    } catch (error) {
      this.#own = this.#own.filter((other) => other !== own);
      this.#show();
      throw error;
    }
  }

  async history(n: Position): Promise<readonly Version[]> {
    const first = await this.deps.endpoints.history(this.room, n);
    const versions = [...first.versions];
    let cursor = first.cursor ?? null;
    while (cursor !== null) {
      const page = await this.deps.endpoints.history(this.room, n, cursor);
      versions.push(...page.versions);
      cursor = page.cursor ?? null;
    }
    return versions;
  }

  /** Takes in what the log brought. */
  onApplied(applied: Applied): void {
    if (applied.reset || applied.gone.includes(this.room)) return this.#reset();
    const here = applied.events.filter((event) => event.room === this.room);
    if (here.length === 0) return;
    if (this.#onTheWay > 0) this.#meanwhile.push(...here);
    this.#confirm(here);
    this.#window.apply(here);
    for (const event of here) if (pointsBack(event)) this.#quotes.delete(event.target);
    if (this.#open === 0 && this.#atNewest()) this.#window.trim(PAGE * 2);
    else if (this.#atNewest()) this.#window.trim(KEEP);
    this.#show();
  }

  /** Something beside the log changed: the outbox, our marks. */
  readonly refresh = (): void => {
    if (this.#open > 0) this.#show();
  };

  // --- loading ---------------------------------------------------------------------------------------------------

  /**
   * Loads pages until one brings something to draw, or nothing is left: reactions and edits are entries too, and can fill
   * whole pages. An empty page is no proof of an empty room.
   */
  async #untilSomethingShows(load: (size: number) => Promise<boolean>): Promise<void> {
    const turn = this.#turn;
    const before = this.snapshot().items.length;
    let size = PAGE;
    while ((await load(size)) && turn === this.#turn && this.#error === null && this.snapshot().items.length === before) {
      size = LARGE_PAGE;
    }
  }

  /** Loads what comes before the window; false when there is nothing, or something else is being loaded. */
  async #older(size: number): Promise<boolean> {
    const { range } = this.#window;
    if (range === null || !this.snapshot().hasOlder || this.#loading !== "none") return false;
    const kept = rangeOf(this.#record()?.ranges ?? [], range[0] - 1);
    if (kept !== null) await this.#fromCache([Math.max(kept[0], range[0] - size), range[0] - 1], "older");
    else await this.#load({ before: range[0], limit: size }, "older");
    return this.#window.range !== null && this.#window.range[0] < range[0];
  }

  async #newer(size: number): Promise<boolean> {
    const { range } = this.#window;
    if (range === null || !this.snapshot().hasNewer || this.#loading !== "none") return false;
    const kept = rangeOf(this.#record()?.ranges ?? [], range[1] + 1);
    if (kept !== null) await this.#fromCache([range[1] + 1, Math.min(kept[1], range[1] + size)], "newer");
    else await this.#load({ after: range[1], limit: size }, "newer");
    return this.#window.range !== null && this.#window.range[1] > range[1];
  }

  #reset(): void {
    this.#turn += 1;
    this.#loading = "none";
    this.#window.clear();
    this.#quotes.clear();
    this.#own = [];
    this.#meanwhile = [];
    this.#error = null;
    this.#show();
    if (this.#open > 0 && this.#record() !== null) void this.#first();
  }

  async #first(): Promise<void> {
    const record = this.#record();
    if (record === null) return;
    const turn = ++this.#turn;
    const kept = rangeOf(record.ranges, record.next - 1);
    this.#window.clear();
    if (kept !== null) await this.#fromCache([Math.max(kept[0], kept[1] - PAGE + 1), kept[1]], "first");
    if (turn !== this.#turn) return;
    // A few live entries are not a screenful: what came before them is asked for as well.
    if (kept === null) await this.#load({ limit: PAGE }, "first");
    else if (kept[1] - kept[0] < PAGE / 2 && kept[0] > 0) await this.loadOlder();
    if (turn === this.#turn && this.snapshot().items.length === 0) await this.loadOlder();
  }

  async #fromCache(range: Range, why: Loading): Promise<void> {
    const tables = this.deps.tables();
    if (tables === null) return;
    await this.#loaded(why, async () => ({ rows: await loadRows(tables, this.room, ...range), range }));
  }

  async #load(query: MessagesQuery, why: Loading): Promise<void> {
    await this.#loaded(why, async () => {
      const asOf = this.#record()?.next ?? 0;
      const { messages, has_more: more } = await this.deps.endpoints.messages(this.room, query);
      const range = covered(query, messages, more, asOf);
      const rows = messages.map((event) => pageRow(event, asOf));
      if (range !== null) this.deps.keepPage({ room: this.room, rows, range, asOf });
      return range === null ? null : { rows, range };
    });
  }

  async #loaded(why: Loading, read: () => Promise<{ rows: readonly Row[]; range: Range } | null>): Promise<void> {
    const tables = this.deps.tables();
    const turn = this.#turn;
    this.#loading = why;
    this.#onTheWay += 1;
    this.#show();
    try {
      const page = await read();
      if (this.deps.tables() !== tables || turn !== this.#turn) return; // the session, or the wish, is over
      this.#error = null;
      if (page !== null) this.#take(page.rows, page.range);
    } catch (error) {
      if (turn === this.#turn) this.#error = codeOf(error);
    } finally {
      this.#onTheWay -= 1;
      if (this.#onTheWay === 0) this.#meanwhile = [];
      if (turn === this.#turn) this.#loading = "none";
      this.#show();
    }
  }

  #take(rows: readonly Row[], range: Range): void {
    this.#window.put(rows, range);
    this.#window.apply(this.#meanwhile);
  }

  /** Our own reaction has come back, or somebody has taken the message away. */
  #confirm(events: readonly Event[]): void {
    for (const event of events) {
      if (!isEntry(event) || event.sender !== this.deps.me() || kindOf(event).effect !== "marks") continue;
      const { target, state } = event;
      this.#own = this.#own.filter(
        (own) => own.n !== target || own.emoji !== state?.["emoji"] || own.on !== (state["on"] !== false),
      );
    }
  }

  #atNewest(): boolean {
    const record = this.#record();
    return record !== null && this.#window.range !== null && this.#window.range[1] >= record.next - 1;
  }

  #record(): RoomRecord | null {
    return this.deps.feed.record(this.room) ?? null;
  }

  // --- what views see --------------------------------------------------------------------------------------------

  #show(): void {
    this.#store.set(this.#derive(this.#store.snapshot().items));
  }

  #derive(before: readonly TimelineItem[]): TimelineSnapshot {
    const record = this.#record();
    const floor = this.#showCleared ? 0 : (record?.view.cleared ?? -1) + 1;
    const { range } = this.#window;
    const pending = this.deps.outbox.pending.snapshot().filter((item) => item.room === this.room);
    return {
      room: this.room,
      items: this.#items(before, floor, record),
      pending: pending.map((item) => (item.replyTo === null ? item : { ...item, reply: this.#quote(item.replyTo) })),
      hasOlder: range !== null && range[0] > floor,
      hasNewer: range !== null && record !== null && range[1] < record.next - 1,
      loading: this.#loading,
      error: this.#error,
      unreadLine: this.#unreadLine,
      clearedAt: this.#showCleared ? null : (record?.view.cleared_at ?? null),
    };
  }

  #items(before: readonly TimelineItem[], floor: Position, record: RoomRecord | null): readonly TimelineItem[] {
    const known = new Map(before.map((item) => [item.n, item]));
    const index = this.#readIndex(record);
    const pair = record !== null && isPair(policyOf(record.view.kind));
    const context = {
      me: this.deps.me(),
      keyOf: (n: Position) => this.deps.outbox.txnAt(this.room, n) ?? String(n),
      quote: (n: Position) => this.#quote(n),
      readersOf: (n: Position, sender: PersonId) => index.count(n, sender),
      ownReactions: this.#own,
    };
    const items = this.#window.rows().flatMap(({ event }) => {
      if ((event.n ?? 0) < floor) return [];
      const item = itemOf(event, context);
      // That the other person is in a private chat is no news: it began with them.
      if (pair && item?.kind === "notice" && item.notice.what === "added") return [];
      return item === null ? [] : [sameOr(known.get(item.n), item)];
    });
    const same = items.length === before.length && items.every((item, i) => item === before[i]);
    return same ? before : items;
  }

  #readIndex(record: RoomRecord | null): ReadIndex {
    if (record === null) return new ReadIndex([]);
    if (this.#readers === null || this.#readers.record.view.members !== record.view.members) {
      this.#readers = { record, index: new ReadIndex(record.view.members ?? []) };
    }
    return this.#readers.index;
  }

  #quote(n: Position): Quote {
    const row = this.#window.row(n);
    if (row !== undefined) return quoteOf(row.event);
    const known = this.#quotes.get(n);
    if (known !== undefined) return known;
    const loading: Quote = { kind: "loading", n };
    this.#quotes.set(n, loading);
    void this.#fetchQuote(n, loading);
    return loading;
  }

  async #fetchQuote(n: Position, asked: Quote): Promise<void> {
    try {
      const { messages } = await this.deps.endpoints.messages(this.room, { around: n, limit: 1 });
      // Changed or forgotten meanwhile: then it is asked for anew, and this answer is an old one.
      if (this.#quotes.get(n) !== asked) return;
      const found = messages.find((event) => event.n === n);
      this.#quotes.set(n, found === undefined ? { kind: "gone", n } : quoteOf(found));
    } catch {
      if (this.#quotes.get(n) === asked) this.#quotes.delete(n); // asked for again when it is next looked at
      return;
    }
    this.#show();
  }
}
