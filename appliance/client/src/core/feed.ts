/**
 * The rooms as the log left them: every batch of events is persisted, then applied, then told.
 *
 * Owns the records of all rooms, the cursor and the one queue through which both change. Rules:
 * - One transaction writes what a batch changed together with the cursor. If it fails, memory and cursor stay as they were.
 * - The leading tab persists; the others apply the same batches from the channel, and reload the cache if one is missing.
 * - A live entry that skips positions is not applied: `gap` makes the caller ask again from the cursor.
 * - An answer to that question is taken as it is; a room that still skips is marked stale and its view asked for.
 */

import { cursorKept, loadCursor } from "./db/meta";
import { loadRow, loadRows, messagesGone, rowKept } from "./db/messages";
import { asEntry, kindOf } from "./entries";
import { fileChange } from "./fileFacts";
import { loadRooms, roomGone, roomKept } from "./db/rooms";
import { THUMBS_GONE } from "./db/thumbs";
import type { Tables, Write } from "./db/tables";
import type { Cursor, Event, FileChanged, Position, RoomView } from "./protocol";
import { cutBelow, grown, type Range, rangeOf } from "./ranges";
import { applyToRoom, asView, stillPending, withView, type RoomRecord } from "./roomState";
import { Store, type Readable } from "./store";
import { erase, fold, isEntry, liveRow, pointsBack, refile, type Row } from "./timelineRows";
import { Turns } from "./turns";

export type RoomMap = ReadonlyMap<string, RoomRecord>;

export interface Batch {
  readonly pos: Cursor;
  readonly events: readonly Event[];
  /** `snapshot`: all there is; `catch_up`: an answer to a question from the cursor; `live`: from the stream. */
  readonly source: "snapshot" | "catch_up" | "live";
}

/** What was just applied. `reset`: everything known before may be wrong; ask and load again. */
export interface Applied {
  readonly events: readonly Event[];
  readonly gone: readonly string[];
  /** Rooms that were not known before. */
  readonly begun: ReadonlySet<string>;
  readonly reset: boolean;
  readonly live: boolean;
}

/** A page of a room's messages, to be kept for offline reading. */
export interface Page {
  readonly room: string;
  readonly rows: readonly Row[];
  readonly range: Range;
  /** The size the room was known to have when the page was asked for. */
  readonly asOf: Position;
}

export type FeedMessage =
  | { readonly kind: "batch"; readonly before: Cursor | null; readonly batch: Batch }
  | { readonly kind: "records"; readonly records: readonly RoomRecord[] }
  | { readonly kind: "reload" };

const NOTHING: ReadonlySet<string> = new Set();
/** How many events that point back are remembered, to be folded into pages that were on their way meanwhile. */
const REMEMBER = 500;

export class Feed {
  readonly #rooms = new Store<RoomMap>(new Map());
  readonly #listeners = new Set<(applied: Applied) => void>();
  #tables: Tables | null = null;
  #me = "";
  #cursor: Cursor | null = null;
  readonly #turns = new Turns();
  /** The newest position of each room that `#recent` had to let go. */
  readonly #forgotten = new Map<string, Position>();
  #recent: Pointing[] = [];
  /** Called after a batch or a local change was persisted, for the other tabs. */
  announce: (message: FeedMessage) => void = () => undefined;
  /** Called with a room whose entries came without its view, or whose counts only the server knows. */
  onStale: (room: string) => void = () => undefined;

  get rooms(): Readable<RoomMap> {
    return this.#rooms;
  }

  /** True once the server has said all there is, be it nothing. */
  get known(): boolean {
    return this.#cursor !== null;
  }

  /** Up to where everything is known; null before the first snapshot. */
  get cursor(): Cursor | null {
    return this.#cursor;
  }

  record(room: string): RoomRecord | undefined {
    return this.#rooms.snapshot().get(room);
  }

  onApplied(listener: (applied: Applied) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Loads the cache. Rejects when it cannot be read. */
  async open(tables: Tables, me: string): Promise<void> {
    this.#tables = tables;
    this.#me = me;
    await this.#enqueue(() => this.#reload());
  }

  /** Catches up with the cache: the tab that led before may have died between writing a batch and telling of it. */
  takeOver(): Promise<void> {
    return this.#enqueue(async (tables) => {
      if ((await loadCursor(tables)) !== this.#cursor) await this.#reload();
    });
  }

  /** Forgets everything in memory at once; batches still on their way change nothing any more. */
  close(): void {
    this.#tables = null;
    this.#cursor = null;
    this.#recent = [];
    this.#forgotten.clear();
    this.#rooms.set(new Map());
    this.#tell({ events: [], gone: [], begun: NOTHING, reset: true, live: false });
  }

  /** Persists, applies and tells a batch. `gap`: nothing was applied, ask again from the cursor. */
  apply(batch: Batch): Promise<"applied" | "gap"> {
    return this.#enqueue(async (tables) => {
      const fresh = this.#fresh(batch);
      const plan = this.#plan(fresh);
      if (plan === null) return "gap";
      const before = this.#cursor;
      const changed = fresh.source === "snapshot" || batch.pos !== before || plan.changed.size > 0;
      if (changed) await tables.write([...(await this.#writes(tables, fresh, plan)), cursorKept(batch.pos)]);
      if (this.#tables !== tables) return "applied"; // the session ended while we wrote; the key is gone with it
      this.#adopt(fresh, plan);
      this.announce(fresh.source === "snapshot" ? { kind: "reload" } : { kind: "batch", before, batch: fresh });
      return "applied";
    });
  }

  /** Applies what the leading tab has persisted. */
  follow(message: FeedMessage): Promise<void> {
    return this.#enqueue(async () => {
      if (message.kind === "reload") return await this.#reload();
      if (message.kind === "records") return this.#put(message.records);
      const { before, batch } = message;
      if (batch.pos === this.#cursor && before !== batch.pos) return; // it was in the cache when we read that
      if (before !== this.#cursor) return await this.#reload();
      const plan = this.#plan({ ...batch, source: "catch_up" });
      if (plan !== null) this.#adopt(batch, plan);
    });
  }

  /** Changes one record by something that is no event: a fresh view, a mark of our own. */
  change(room: string, how: (record: RoomRecord | null) => RoomRecord | null): Promise<void> {
    return this.#enqueue(async (tables) => {
      const old = this.record(room) ?? null;
      const record = how(old);
      if (record === null || record === old) return;
      await tables.write([roomKept(record)]);
      if (this.#tables !== tables) return;
      this.#put([record]);
      this.announce({ kind: "records", records: [record] });
    });
  }

  /** Takes in a room's view read on its own. */
  viewed(view: RoomView): Promise<void> {
    return this.change(view.id, (record) => withView(record, view, this.#me));
  }

  /** Keeps a page for offline reading; dropped when what happened meanwhile is no longer remembered. */
  keepPage(page: Page): Promise<void> {
    return this.#enqueue(async (tables) => {
      const record = this.record(page.room);
      if (record === undefined || (this.#forgotten.get(page.room) ?? -1) >= page.asOf) return;
      const since = this.#recent.filter((event) => event.room === page.room);
      const rows = page.rows.map((row) => since.reduce(pointed, row));
      const kept = { ...record, ranges: grown(record.ranges, page.range) };
      await tables.write([...rows.map((row) => rowKept(page.room, row.event.n ?? 0, row)), roomKept(kept)]);
      if (this.#tables !== tables) return;
      this.#put([kept]);
      this.announce({ kind: "records", records: [kept] });
    });
  }

  /** Keeps only the newest `most` positions of each room. */
  trim(most: number): Promise<void> {
    return this.#enqueue(async (tables) => {
      const long = [...this.#rooms.snapshot().values()].filter(({ ranges, next }) => (ranges[0]?.[0] ?? next) < next - most);
      if (long.length === 0) return;
      const kept = long.map((record) => ({ ...record, ranges: cutBelow(record.ranges, record.next - most) }));
      await tables.write(
        kept.flatMap((record) => [roomKept(record), messagesGone(record.view.id, record.next - most - 1)]),
      );
      if (this.#tables === tables) this.#put(kept);
    });
  }

  // --- inside the queue ------------------------------------------------------------------------------------------

  #enqueue<T>(job: (tables: Tables) => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      if (this.#tables === null) throw new Error("the feed is closed");
      return await job(this.#tables);
    });
  }

  /** Without what we have already: an answer may overlap what the stream brought. */
  #fresh(batch: Batch): Batch {
    if (batch.source === "snapshot") return batch;
    return { ...batch, events: batch.events.filter((event) => !this.#has(event)) };
  }

  /** True for an entry that has been applied. What is no entry may come twice, and changes nothing then. */
  #has(event: Event): boolean {
    const record = isEntry(event) ? this.record(event.room) : undefined;
    return record !== undefined && isEntry(event) && event.n < record.next && rangeOf(record.ranges, event.n) !== null;
  }

  #plan(batch: Batch): Plan | null {
    const plan: Plan = { changed: new Map(), left: new Set(), unknown: new Set(), entries: [], files: [] };
    const known = (room: string): RoomRecord | null => {
      const planned = plan.changed.get(room);
      if (planned !== undefined) return planned;
      return batch.source === "snapshot" ? null : (this.record(room) ?? null);
    };
    for (const event of batch.events.map(withoutTxn)) {
      if (typeof event.room !== "string") continue;
      const record = known(event.room);
      if (record === null) {
        if (event.type === "room" && event.state) plan.changed.set(event.room, this.#begun(asView(event.state)));
        else if (isEntry(event)) plan.unknown.add(event.room);
        continue;
      }
      if (isEntry(event) && event.n > record.next && batch.source === "live") return null;
      const skips = isEntry(event) && event.n > record.next;
      const applied = applyToRoom(record, event, this.#me);
      const change = fileChange(event);
      if (change !== null) plan.files.push({ room: event.room, change });
      if (applied === null) plan.left.add(event.room);
      else if (isEntry(event)) plan.entries.push(event);
      if (applied !== record) plan.changed.set(event.room, skips && applied !== null ? { ...applied, stale: true } : applied);
    }
    for (const room of plan.unknown) if (known(room) !== null) plan.unknown.delete(room);
    return plan;
  }

  #begun(view: RoomView): RoomRecord {
    const pending = this.record(view.id)?.pendingReads ?? [];
    return { ...withView(null, view, this.#me), pendingReads: stillPending(pending, view, this.#me) };
  }

  async #writes(tables: Tables, batch: Batch, plan: Plan): Promise<Write[]> {
    const writes: Write[] =
      batch.source === "snapshot"
        ? [
            { kind: "clear", table: "rooms" },
            { kind: "clear", table: "messages" },
            ...THUMBS_GONE,
          ]
        : [...plan.left].flatMap(roomGone);
    const rows = new Map<string, { room: string; n: number; row: Row }>();
    for (const event of plan.entries) {
      if (plan.changed.get(event.room) === null) continue;
      rows.set(`${event.room} ${event.n}`, { room: event.room, n: event.n, row: liveRow(event) });
      const gone = kindOf(event).erases(asEntry(event));
      if (gone !== null) {
        for (const row of await loadRows(tables, event.room, 0, event.n)) {
          const n = row.event.n ?? -1;
          const erased = erase(rows.get(`${event.room} ${n}`)?.row ?? row, gone, event);
          if (erased !== row) rows.set(`${event.room} ${n}`, { room: event.room, n, row: erased });
        }
        for (const [at, found] of rows) {
          if (found.room === event.room) rows.set(at, { ...found, row: erase(found.row, gone, event) });
        }
      }
      if (!pointsBack(event)) continue;
      const place = `${event.room} ${event.target}`;
      const row = rows.get(place)?.row ?? (await loadRow(tables, event.room, event.target));
      if (row !== undefined) rows.set(place, { room: event.room, n: event.target, row: fold(row, event) });
    }
    for (const { room, change } of plan.files) {
      const place = `${room} ${change.n}`;
      const row = rows.get(place)?.row ?? (await loadRow(tables, room, change.n));
      if (row !== undefined && plan.changed.get(room) !== null) rows.set(place, { room, n: change.n, row: refile(row, change) });
    }
    for (const { room, n, row } of rows.values()) writes.push(rowKept(room, n, row));
    for (const record of plan.changed.values()) if (record !== null) writes.push(roomKept(record));
    return writes;
  }

  #adopt(batch: Batch, plan: Plan): void {
    this.#cursor = batch.pos;
    // What became known of files in between is not told any more: what was told before may be older than any page.
    if (batch.source === "snapshot") this.#recent = this.#recent.filter((event) => event.type !== "file");
    for (const event of batch.events) if (isPointing(event)) this.#recent.push(event);
    for (const event of this.#recent.splice(0, Math.max(0, this.#recent.length - REMEMBER))) {
      if (isEntry(event)) this.#forgotten.set(event.room, event.n);
    }
    const known = this.#rooms.snapshot();
    const begun = new Set([...plan.changed.keys()].filter((room) => !known.has(room)));
    const rooms = new Map(batch.source === "snapshot" ? [] : known);
    for (const [room, record] of plan.changed) {
      if (record === null) rooms.delete(room);
      else rooms.set(room, record);
    }
    if (plan.changed.size > 0 || batch.source === "snapshot") this.#rooms.set(rooms);
    this.#tell({ events: batch.events, gone: [...plan.left], begun, reset: batch.source === "snapshot", live: batch.source === "live" });
    for (const room of plan.unknown) this.onStale(room);
    for (const [room, record] of plan.changed) if (record?.stale === true) this.onStale(room);
  }

  #put(records: readonly RoomRecord[]): void {
    const rooms = new Map(this.#rooms.snapshot());
    for (const record of records) rooms.set(record.view.id, record);
    this.#rooms.set(rooms);
  }

  async #reload(): Promise<void> {
    const tables = this.#tables;
    if (tables === null) return;
    const [cursor, records] = [await loadCursor(tables), await loadRooms(tables)];
    if (this.#tables !== tables) return;
    this.#cursor = cursor;
    this.#rooms.set(new Map(records.map((record) => [record.view.id, record])));
    this.#tell({ events: [], gone: [], begun: NOTHING, reset: true, live: false });
  }

  #tell(applied: Applied): void {
    for (const listener of [...this.#listeners]) listener(applied);
  }
}

/** A txn_id is news for the outbox; a room and its pages are the same for everybody, and know none. */
function withoutTxn(event: Event): Event {
  if (event.txn_id === undefined) return event;
  const { txn_id: _, ...rest } = event;
  return rest;
}

/** What changes an older entry: a later one, or what became known of a file. */
type Pointing = Event & { room: string };

function isPointing(event: Event): event is Pointing {
  return typeof event.room === "string" && (pointsBack(event) || fileChange(event) !== null);
}

/** The row after such an event, where it is about it. */
function pointed(row: Row, event: Pointing): Row {
  const change = fileChange(event);
  if (change !== null) return refile(row, change);
  return pointsBack(event) && event.target === row.event.n ? fold(row, event) : row;
}

interface Plan {
  /** Records as the batch leaves them; null: no longer ours. */
  readonly changed: Map<string, RoomRecord | null>;
  /** Rooms that were taken from us, even if they were given back since: what was cached of them goes. */
  readonly left: Set<string>;
  /** Rooms that had entries before we were told what they are. */
  readonly unknown: Set<string>;
  /** Entries to keep. */
  readonly entries: (Event & { n: number; room: string })[];
  /** What became known of files, in its order. */
  readonly files: { readonly room: string; readonly change: FileChanged }[];
}
