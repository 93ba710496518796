/**
 * Messages on their way: on this device first, then sent, once each and in order (C3).
 *
 * Rules:
 * - `add` answers when the message is in the cache; from then on it survives a crash and a dead battery.
 * - Only the leading tab sends. In each room one message is on its way at a time, so the order is kept.
 * - Without an answer the same message is sent again with the same txn_id, which the server answers with the same position.
 * - What is written in a private chat that has not begun goes to the person; with the first answer, what waits behind it
 *   moves to the room that the chat has become.
 * - What the server refuses (4xx) waits for a person: retry or delete. Those behind it go on.
 * - A message with files waits until the server has them all and is sent then: it takes its place in the room when it
 *   goes, and holds nobody up. What becomes of its files is written together with what becomes of it.
 * - What has never left this device can be taken back with its words; what may stand in the log already cannot, or the
 *   same thing would be said twice. Tabs decide that one after the other. Before every request the cache says that the
 *   message may have left. Where the browser knows of no network and the server has not answered, nothing is tried.
 * - Words that come from a draft or go back to one are moved in one write: no moment without them, none with them twice.
 * - What changes the messages is done in turns, which the drafts share: memory never takes in a reading of the cache that
 *   a change has overtaken, and a message that was taken out is never put back by work that began before.
 * - A message leaves the cache when the server has answered, or the log has brought it back under its txn_id, which comes
 *   first when the answer was lost. It leaves the list when the log has brought it back.
 * How it is sent is `sender.ts`; how it looks to the server and to its author `unsent.ts`.
 */

import { PRECONDITION_CODES } from "./api";
import { Backoff } from "./backoff";
import { loadOutbox, unsentGone, unsentKept, type OutboxRow } from "./db/outbox";
import type { Tables } from "./db/tables";
import { type DraftChange, filesOf } from "./drafts";
import { Elsewhere } from "./elsewhere";
import { CallError, codeOf } from "./errors";
import { personOfNew } from "./newChats";
import type { Ports, TimerId } from "./ports";
import type { Event, Millis, Position, TxnId } from "./protocol";
import type { MessageCalls } from "./sender";
import type { Attachment, DraftText, PendingItem, PersonId, RoomId } from "./snapshots";
import { Store, type Readable } from "./store";
import { alone, type Turns } from "./turns";
import { bodyOf, deliveryOf, itemOf } from "./unsent";
import { type FilesChange, type Uploads } from "./uploads";

const NO_FILES: FilesChange = { writes: [], done: () => undefined };

interface Place {
  readonly room: RoomId;
  readonly n: Position;
}

interface Sent {
  readonly row: OutboxRow;
  /** As they were: with its message an upload ends. */
  readonly files: readonly Attachment[];
  readonly n: Position;
}

export class Outbox {
  readonly #pending = new Store<readonly PendingItem[]>([]);
  /** By room, the message that is on its way. */
  readonly #inFlight = new Map<RoomId, OutboxRow>();
  readonly #positions = new Map<string, TxnId>();
  /** Where messages stand in the log, known from the server's answer or from the log itself. */
  readonly #acknowledged = new Map<TxnId, Place>();
  /** Messages whose room is gone: their turn to be given back comes, and nothing sends them meanwhile. */
  readonly #lost = new Set<TxnId>();
  /** Chats whose messages are being moved to the rooms they have become. */
  readonly #moving = new Set<RoomId>();
  /** Chats that are being begun for the files of a message. */
  readonly #beginning = new Set<RoomId>();
  readonly #elsewhere = new Elsewhere();
  #rows: readonly OutboxRow[] = [];
  /** Answered by the server but not yet brought back by the log. */
  #sent: readonly Sent[] = [];
  #tables: Tables | null = null;
  #leading = false;
  #backoff: Backoff;
  #timer: TimerId | null = null;
  /** Called when the cache changed, for the other tabs. */
  announce: (sent: { txnId: TxnId; room: RoomId; n: Position } | null) => void = () => undefined;
  /** Called when a private chat has begun, before its first message leaves the list; resolves when the room is known. */
  began: (room: RoomId) => Promise<void> = () => Promise.resolve();
  /** Begins a private chat without a message: files are sent to a room. Resolves when it is known here. */
  begin: (person: PersonId) => Promise<void> = () => Promise.resolve();

  constructor(
    private readonly ports: Ports,
    private readonly calls: MessageCalls,
    private readonly now: () => Millis,
    /** The next position the log will bring for a room; 0 when the room is unknown. */
    private readonly nextOf: (room: RoomId) => Position,
    /** The server answers now, whatever the browser says of the network. */
    private readonly answered: () => boolean,
    private readonly turns: Turns,
    private readonly uploads: Uploads,
  ) {
    this.#backoff = new Backoff(ports.random);
  }

  /** Every unsent message of this device, oldest first. */
  get pending(): Readable<readonly PendingItem[]> {
    return this.#pending;
  }

  async open(tables: Tables): Promise<void> {
    this.#tables = tables;
    await this.reload();
  }

  close(): void {
    this.#tables = null;
    this.#leading = false;
    this.#rows = [];
    this.#sent = [];
    this.#inFlight.clear();
    this.#positions.clear();
    this.#acknowledged.clear();
    this.#lost.clear();
    this.#elsewhere.askAgain();
    this.#stopWaiting();
    this.#backoff.reset();
    this.#show();
  }

  /** Reads the cache again: another tab has written to it. */
  async reload(): Promise<void> {
    const tables = this.#tables;
    if (tables === null) return;
    await this.turns.take(async () => {
      const rows = await loadOutbox(tables);
      if (this.#tables !== tables) return;
      this.#rows = rows;
      this.#show();
    });
    this.retryNow();
  }

  /** Begins to send, or stops. */
  lead(leading: boolean): void {
    this.#leading = leading;
    if (leading) this.lineIsBack();
  }

  /** Tries now, and asks once more for what waits for another agency. */
  readonly lineIsBack = (): void => {
    this.#elsewhere.askAgain();
    this.retryNow();
  };

  /**
   * Resolves when the message is safe on this device. Rejects when it cannot be kept. `draft` says what becomes of the
   * draft that the words come from.
   */
  async add(room: RoomId, text: DraftText, draft?: () => DraftChange): Promise<TxnId> {
    const tables = this.#opened();
    return await this.turns.take(async () => {
      const row = this.#newRow(room, text);
      const change = draft?.();
      await tables.write([unsentKept(row), ...(change === undefined ? [] : [change.write])]);
      if (this.#tables !== tables) return row.txnId; // the session has ended, and what it kept with it
      this.#rows = [...this.#rows, row];
      change?.done();
      this.#show();
      this.announce(null);
      this.retryNow();
      return row.txnId;
    });
  }

  #newRow(room: RoomId, text: DraftText): OutboxRow {
    const last = Math.max(0, ...this.#rows.map((row) => row.seq));
    const seq = Math.max(last + 1, this.ports.time.now());
    return { seq, txnId: this.ports.crypto.randomUUID(), room, at: this.now(), text, tried: false, failed: null };
  }

  /** Sends a refused message once more, behind those that wait. */
  async retry(txnId: TxnId): Promise<void> {
    const row = this.#rows.find((other) => other.txnId === txnId);
    if (row === undefined) return;
    for (const file of this.uploads.of(filesOf(row.text))) if (file.state === "failed") await this.uploads.retry(file.id);
    if (row.failed === null) return;
    await this.uploads.askAgain(filesOf(row.text));
    const last = Math.max(0, ...this.#rows.map((other) => other.seq));
    await this.#rewrite([row], (kept) => ({ ...kept, seq: last + 1, failed: null }));
    this.announce(null);
    this.retryNow();
  }

  /** Deletes a message that is not on its way. One that was tried without an answer may arrive all the same. */
  async remove(txnId: TxnId): Promise<void> {
    await this.#takeOut(txnId, () => true);
  }

  /**
   * Takes a message back to be written anew; false when it has left this device, or is gone. `draft` says how its words
   * are kept from then on. Rejects when they cannot be kept there: then the message stays.
   */
  async take(txnId: TxnId, draft: (text: DraftText) => DraftChange): Promise<boolean> {
    return await this.#takeOut(txnId, (row) => !row.tried, draft);
  }

  async #takeOut(txnId: TxnId, allowed: (row: OutboxRow) => boolean, draft?: (text: DraftText) => DraftChange): Promise<boolean> {
    const tables = this.#opened();
    return await this.#alone(tables, async () => {
      const row = (await loadOutbox(tables)).find((other) => other.txnId === txnId);
      if (row === undefined || this.#isInFlight(txnId) || this.#acknowledged.has(txnId) || !allowed(row)) return false;
      const change = draft?.(row.text);
      // Words that are taken back to be written anew take their files along.
      const files = draft === undefined ? await this.uploads.takenAway(filesOf(row.text)) : NO_FILES;
      await tables.write([unsentGone(row), ...files.writes, ...(change === undefined ? [] : [change.write])]);
      if (this.#tables !== tables) return false;
      this.#rows = this.#rows.filter((other) => other.txnId !== txnId);
      change?.done();
      files.done();
      this.#show();
      this.announce(null);
      return true;
    });
  }

  #isInFlight(txnId: TxnId): boolean {
    return [...this.#inFlight.values()].some((row) => row.txnId === txnId);
  }

  /** Other tabs wait too: what is decided of a message is decided once. */
  async #alone<T>(tables: Tables, work: () => Promise<T>): Promise<T> {
    return await alone(this.ports.locks, this.turns, tables.shared, work);
  }

  /** A chat has begun elsewhere: what waits in it goes to its room. What is on its way is moved by its answer. */
  async move(from: RoomId, to: RoomId): Promise<void> {
    const rows = this.#rows.filter((row) => row.room === from);
    if (!this.#leading || this.#inFlight.has(from) || this.#moving.has(from) || rows.length === 0) return;
    this.#moving.add(from);
    try {
      await this.#rewrite(rows, (row) => ({ ...row, room: to }));
    } finally {
      this.#moving.delete(from);
    }
    this.announce(null);
    this.retryNow();
  }

  /** Tries now: the line is back, or the leader has changed. */
  readonly retryNow = (): void => {
    this.#stopWaiting();
    if (!this.#leading || this.#tables === null) return;
    for (const room of new Set(this.#rows.map((row) => row.room))) void this.#sendNext(room);
  };

  /**
   * Takes in what the log brought: our own messages come back. What waits for a room that is gone is sent no more; `give`
   * says how its words, the oldest first, are kept for their author.
   */
  onEvents(events: readonly Event[], gone: readonly RoomId[], me: PersonId, give: (room: RoomId, texts: readonly string[]) => DraftChange): void {
    for (const event of events) if (event.sender === me) this.#matchEcho(event);
    for (const { txnId, code } of this.#elsewhere.refusedBy(events)) void this.#refused(txnId, code);
    if (gone.length > 0) void this.#giveBack(gone, give).catch(() => undefined);
    if (events.length > 0 || gone.length > 0) this.#settle();
  }

  async #giveBack(gone: readonly RoomId[], give: (room: RoomId, texts: readonly string[]) => DraftChange): Promise<void> {
    const tables = this.#tables;
    if (tables === null) return;
    const marked = this.#rows.filter((row) => gone.includes(row.room)).map(({ txnId }) => txnId);
    for (const txnId of marked) this.#lost.add(txnId);
    try {
      await this.#alone(tables, async () => {
        // Read anew: another tab may have given them back, and one that was just being added is among them by now.
        const lost = (await loadOutbox(tables)).filter((row) => gone.includes(row.room));
        const changes = [...new Set(lost.map(({ room }) => room))].map((room) =>
          give(room, lost.filter((row) => row.room === room).map(({ text }) => text.text)),
        );
        await tables.write([...lost.map(unsentGone), ...changes.map(({ write }) => write)]);
        if (this.#tables !== tables) return;
        this.#rows = this.#rows.filter((row) => !gone.includes(row.room));
        for (const { done } of changes) done();
      });
    } finally {
      for (const txnId of marked) this.#lost.delete(txnId);
      this.#show();
    }
  }

  /**
   * The log brings a message of ours back: it has arrived, whether or not the server's answer comes. While that is waited
   * for, the message is only shown no more; the first of a chat stays until the answer has opened the room (`began`).
   */
  #matchEcho({ txn_id: txnId, room, n }: Event): void {
    const row = this.#rows.find((other) => other.txnId === txnId);
    if (row === undefined || typeof room !== "string" || typeof n !== "number") return;
    const inFlight = this.#isInFlight(row.txnId);
    if (inFlight && row.room !== room) return;
    this.#acknowledge(row.txnId, { room, n });
    if (this.#leading && !inFlight) void this.#delivered({ ...row, room }, n);
  }

  #acknowledge(txnId: TxnId, place: Place): void {
    const before = this.#acknowledged.get(txnId);
    if (before !== undefined) this.#positions.delete(`${before.room} ${before.n}`);
    this.#acknowledged.set(txnId, place);
    this.#positions.set(`${place.room} ${place.n}`, txnId);
  }

  /** Takes in what another tab has sent. */
  async follow(sent: { txnId: TxnId; room: RoomId; n: Position } | null): Promise<void> {
    const row = sent === null ? undefined : this.#rows.find((other) => other.txnId === sent.txnId);
    if (sent !== null && row !== undefined) this.#note({ ...row, room: sent.room }, sent.n);
    await this.reload();
  }

  /** Files have got further: what waits shows it, and goes out when it may. */
  readonly showFiles = (): void => {
    const rooms = new Set(this.#rows.filter((row) => filesOf(row.text).length > 0).map(({ room }) => room));
    if (rooms.size === 0) return;
    this.#show();
    // Whoever waits to be tried again is tried when the wait is over.
    if (this.#timer === null) for (const room of rooms) void this.#sendNext(room);
  };

  /** The id with which a position was sent from here in this page's life: keeps a view's key through the change. */
  txnAt(room: RoomId, n: Position): TxnId | null {
    return this.#positions.get(`${room} ${n}`) ?? null;
  }

  // --- sending ---------------------------------------------------------------------------------------------------

  async #sendNext(room: RoomId): Promise<void> {
    const tables = this.#tables;
    if (tables === null || !this.#leading || this.#inFlight.has(room) || this.#moving.has(room)) return;
    const row = this.#rows.find((other) => other.room === room && this.#mayGo(other));
    const waiting = row === undefined ? this.#beginsWithFiles(room) : null;
    if (row === undefined && waiting === null) return;
    if (!this.ports.online.online() && !this.answered()) return this.#waitABit(null);
    if (row === undefined) return waiting === null ? undefined : await this.#begin(waiting);
    this.#inFlight.set(room, row);
    this.#show();
    let again: boolean;
    let begun = room;
    try {
      if (await this.#leaves(row)) {
        const posted = await this.#post(row);
        if (this.#tables !== tables) return;
        this.#backoff.reset();
        begun = posted.room;
        if (posted.n === null) this.#elsewhere.waits(row.txnId, posted.agency);
        else await this.#delivered({ ...row, room: posted.room }, posted.n);
      }
      again = true;
    } catch (error) {
      if (this.#tables !== tables) return;
      again = await this.#failed(row, error);
    } finally {
      if (this.#tables === tables) this.#inFlight.delete(room);
    }
    if (begun !== room) await this.move(room, begun);
    this.#settle();
    if (again) await this.#sendNext(room);
  }

  #mayGo(row: OutboxRow): boolean {
    const files = this.uploads.of(filesOf(row.text));
    return row.failed === null && this.#elsewhere.agencyOf(row.txnId) === null && !this.#lost.has(row.txnId) && files.every(({ state }) => state === "ready");
  }

  /** The message whose files wait for a private chat to begin; null where none does. */
  #beginsWithFiles(room: RoomId): OutboxRow | null {
    const waits = (row: OutboxRow): boolean => row.room === room && row.failed === null && this.uploads.of(filesOf(row.text)).some(({ state }) => state === "waiting");
    return personOfNew(room) === null || this.#beginning.has(room) ? null : (this.#rows.find(waits) ?? null);
  }

  /** What waits in the chat is moved to its room by whoever hears that it has begun. */
  async #begin(row: OutboxRow): Promise<void> {
    const tables = this.#tables;
    this.#beginning.add(row.room);
    try {
      await this.begin(personOfNew(row.room) ?? "");
    } catch (error) {
      if (this.#tables === tables) await this.#failed(row, error);
    } finally {
      this.#beginning.delete(row.room);
    }
  }

  async #post(row: OutboxRow): Promise<{ room: RoomId; n: Position | null; agency: string }> {
    const person = personOfNew(row.room);
    const files = this.uploads.of(filesOf(row.text)).flatMap(({ remote }) => remote ?? []);
    const body = { txn_id: row.txnId, ...bodyOf(row.text), ...(files.length === 0 ? {} : { files }) };
    if (person === null) {
      const { n, waiting_for: agency } = await this.calls.postMessage(row.room, body);
      return { room: row.room, n: n ?? null, agency: agency ?? "" };
    }
    const { room, n } = await this.calls.writeTo(person, body);
    // Without the room's view the message is there all the same: the feed brings both.
    await this.began(room).catch(() => undefined);
    return { room, n, agency: "" };
  }

  /**
   * Writes down that the message leaves this device; false when it was taken back or its room is gone meanwhile.
   */
  async #leaves(row: OutboxRow): Promise<boolean> {
    if (row.tried) return !this.#lost.has(row.txnId);
    return await this.#rewrite([row], (kept) => ({ ...kept, tried: true }));
  }

  async #delivered(row: OutboxRow, n: Position): Promise<void> {
    this.#note(row, n);
    this.announce({ txnId: row.txnId, room: row.room, n });
    await this.#drop(row);
    this.announce(null);
  }

  /** True when the next message of the room may go on. */
  async #failed(row: OutboxRow, error: unknown): Promise<boolean> {
    const place = this.#acknowledged.get(row.txnId);
    if (place !== undefined) {
      await this.#delivered({ ...row, room: place.room }, place.n); // only its answer was lost
      return true;
    }
    if (error instanceof CallError && error.code === "file_not_ready") {
      await this.uploads.askAgain(filesOf(row.text));
      return true;
    }
    const ended = error instanceof CallError && error.status === 401;
    const final = error instanceof CallError && !error.passing && !ended && !PRECONDITION_CODES.has(error.code);
    if (final) {
      await this.#fail(row, codeOf(error), error.message);
      return true;
    }
    this.#waitABit(error instanceof CallError ? error.retryAfter : null);
    return false;
  }

  async #fail(row: OutboxRow, code: string, message: string): Promise<void> {
    await this.#rewrite([row], (kept) => ({ ...kept, tried: false, failed: { code, message } }));
    this.announce(null);
  }

  /** The agency that orders the room has refused a message of ours for good. */
  async #refused(txnId: TxnId, code: string): Promise<void> {
    const row = this.#rows.find((other) => other.txnId === txnId);
    if (row !== undefined && !this.#acknowledged.has(txnId)) await this.#fail(row, code, "");
  }

  async #drop(row: OutboxRow): Promise<void> {
    const tables = this.#tables;
    if (tables === null) return;
    await this.turns.take(async () => {
      const files = this.uploads.forgotten(filesOf(row.text));
      // A row that cannot be taken out now is sent again after a restart, with the same txn_id: nothing is doubled.
      await tables.write([unsentGone(row), ...files.writes]).catch(() => undefined);
      if (this.#tables !== tables) return;
      this.#rows = this.#rows.filter((other) => other.txnId !== row.txnId);
      files.done();
      this.#show();
    });
  }

  /** Writes rows anew, in one write; those that were taken out meanwhile, here or elsewhere, stay out. True when none was. */
  async #rewrite(rows: readonly OutboxRow[], how: (row: OutboxRow) => OutboxRow): Promise<boolean> {
    const tables = this.#tables;
    if (tables === null) return false;
    return await this.#alone(tables, async () => {
      const kept = new Set((await loadOutbox(tables)).map(({ txnId }) => txnId));
      const anew = rows.filter(({ txnId }) => kept.has(txnId)).map((row) => [row, how(row)] as const);
      // What cannot be written now is still on the screen, and is decided anew after a restart.
      await tables.write(anew.flatMap(([row, by]) => [unsentGone(row), unsentKept(by)])).catch(() => undefined);
      if (this.#tables !== tables) return false;
      const others = this.#rows.filter((other) => !rows.some(({ txnId }) => txnId === other.txnId));
      this.#rows = [...others, ...anew.map(([, by]) => by)].sort((a, b) => a.seq - b.seq);
      this.#show();
      return anew.length === rows.length && !rows.some(({ txnId }) => this.#lost.has(txnId));
    });
  }

  #note(row: OutboxRow, n: Position): void {
    this.#acknowledge(row.txnId, { room: row.room, n });
    this.#sent = [...this.#sent, { row, n, files: this.uploads.of(filesOf(row.text)) }];
    this.#settle();
  }

  #settle(): void {
    this.#sent = this.#sent.filter(({ row, n }) => this.nextOf(row.room) <= n && this.nextOf(row.room) > 0);
    this.#show();
  }

  #waitABit(retryAfter: number | null): void {
    if (this.#timer !== null) return;
    const ms = Math.max(retryAfter ?? 0, this.#backoff.next());
    this.#timer = this.ports.time.setTimeout(() => {
      this.#timer = null;
      this.retryNow();
    }, ms);
  }

  #stopWaiting(): void {
    if (this.#timer !== null) this.ports.time.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #show(): void {
    const inFlight = new Set([...this.#inFlight.values()].map(({ txnId }) => txnId));
    const sent = this.#sent.map(({ row, files }) => itemOf(row, { kind: "sending" }, files));
    const unsent = this.#rows
      .filter((row) => !this.#acknowledged.has(row.txnId))
      .map((row) => {
        const files = this.uploads.of(filesOf(row.text));
        return itemOf(row, deliveryOf(row, inFlight, files, this.#elsewhere.agencyOf(row.txnId)), files);
      });
    if (sent.length + unsent.length + this.#pending.snapshot().length > 0) this.#pending.set([...sent, ...unsent]);
  }

  #opened(): Tables {
    if (this.#tables === null) throw CallError.offline();
    return this.#tables;
  }
}
