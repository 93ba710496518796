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
 * - What has never left this device can be taken back with its words; what may stand in the log already cannot, or the
 *   same thing would be said twice. Tabs decide that one after the other. Before every request the cache says that the
 *   message may have left. Where the browser knows of no network and the server has not answered, nothing is tried.
 * - Words that go back to their author leave the outbox and are kept as a draft in one write: no moment without them.
 * - A message that was taken out is never put back by work that began before.
 * - A message leaves the cache when the server has answered, and the list when the log has brought it back.
 */

import { HELD_BACK } from "./api";
import { Backoff } from "./backoff";
import { loadOutbox, unsentGone, unsentKept, type OutboxRow } from "./db/outbox";
import type { Tables, Write } from "./db/tables";
import type { Endpoints } from "./endpoints";
import { CallError, codeOf } from "./errors";
import { personOfNew } from "./newChats";
import type { Ports, TimerId } from "./ports";
import type { Event, Millis, Position, TextBody, TxnId } from "./protocol";
import type { Delivery, DraftText, PendingItem, PersonId, RoomId } from "./snapshots";
import { Store, type Readable } from "./store";

const LOCK = "gchat-outbox";

interface Sent {
  readonly row: OutboxRow;
  readonly n: Position;
}

interface InFlight {
  readonly row: OutboxRow;
  /** Where the log stood when it was sent: it can only come to stand there or later. */
  readonly from: Position;
}

export class Outbox {
  readonly #pending = new Store<readonly PendingItem[]>([]);
  readonly #sending = new Map<RoomId, InFlight>();
  readonly #positions = new Map<string, TxnId>();
  /** Messages that stand in the log, known from the server's answer or from the log itself. */
  readonly #standing = new Set<TxnId>();
  /** Messages that a person or the end of their room took out: whatever began before does not put them back. */
  readonly #takenOut = new Set<TxnId>();
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

  constructor(
    private readonly ports: Ports,
    private readonly endpoints: Endpoints,
    private readonly now: () => Millis,
    /** The next position the log will bring for a room; 0 when the room is unknown. */
    private readonly nextOf: (room: RoomId) => Position,
    /** The server answers now, whatever the browser says of the network. */
    private readonly answered: () => boolean,
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
    this.#sending.clear();
    this.#positions.clear();
    this.#standing.clear();
    this.#takenOut.clear();
    this.#stopWaiting();
    this.#backoff.reset();
    this.#show();
  }

  /** Reads the cache again: another tab has written to it. */
  async reload(): Promise<void> {
    const tables = this.#tables;
    if (tables === null) return;
    const rows = await loadOutbox(tables);
    if (this.#tables !== tables) return;
    this.#rows = rows.filter((row) => !this.#takenOut.has(row.txnId));
    this.#show();
    this.kick();
  }

  /** Begins to send, or stops. */
  lead(leading: boolean): void {
    this.#leading = leading;
    if (leading) this.kick();
  }

  /** Resolves when the message is safe on this device. Rejects when it cannot be kept. */
  async add(room: RoomId, text: DraftText): Promise<TxnId> {
    const tables = this.#opened();
    const last = Math.max(0, ...this.#rows.map((row) => row.seq));
    const row: OutboxRow = {
      seq: Math.max(last + 1, this.ports.time.now()),
      txnId: this.ports.crypto.randomUUID(),
      room,
      at: this.now(),
      text,
      tried: false,
      failed: null,
    };
    this.#rows = [...this.#rows, row];
    try {
      await tables.write([unsentKept(row)]);
    } catch (error) {
      this.#rows = this.#rows.filter((other) => other !== row);
      throw error;
    }
    this.#show();
    this.announce(null);
    this.kick();
    return row.txnId;
  }

  /** Sends a refused message once more, behind those that wait. */
  async retry(txnId: TxnId): Promise<void> {
    const row = this.#rows.find((other) => other.txnId === txnId);
    if (row === undefined || row.failed === null) return;
    const last = Math.max(0, ...this.#rows.map((other) => other.seq));
    await this.#replace(row, { ...row, seq: last + 1, failed: null });
    this.announce(null);
    this.kick();
  }

  /** Deletes a message that is not on its way. One that was tried without an answer may arrive all the same. */
  async remove(txnId: TxnId): Promise<void> {
    await this.#takeOut(txnId, () => true);
  }

  /**
   * Takes a message back to be written anew; null when it has left this device, or is gone. `keep` says where its words are
   * kept from then on. Rejects when they cannot be kept there: then the message stays.
   */
  async take(txnId: TxnId, keep: (text: DraftText) => Write): Promise<DraftText | null> {
    return (await this.#takeOut(txnId, (row) => !row.tried, (row) => [keep(row.text)]))?.text ?? null;
  }

  async #takeOut(
    txnId: TxnId,
    allowed: (row: OutboxRow) => boolean,
    along: (row: OutboxRow) => readonly Write[] = () => [],
  ): Promise<OutboxRow | null> {
    const tables = this.#opened();
    return await this.#alone(tables, async () => {
      const row = (await loadOutbox(tables)).find((other) => other.txnId === txnId);
      if (row === undefined || this.#isFlying(txnId) || !allowed(row)) return null;
      this.#takenOut.add(txnId);
      try {
        await tables.write([unsentGone(row), ...along(row)]);
      } catch (error) {
        this.#takenOut.delete(txnId);
        throw error;
      }
      this.#rows = this.#rows.filter((other) => other.txnId !== txnId);
      this.#show();
      this.announce(null);
      return row;
    });
  }

  #isFlying(txnId: TxnId): boolean {
    return [...this.#sending.values()].some(({ row }) => row.txnId === txnId);
  }

  /** Other tabs wait: what is decided of a message is decided once. */
  async #alone<T>(tables: Tables, work: () => Promise<T>): Promise<T> {
    if (!tables.shared) return await work();
    const done: T[] = [];
    await this.ports.locks.hold(LOCK, async () => void done.push(await work()), new AbortController().signal);
    return done[0] as T;
  }

  /** A chat has begun elsewhere: what waits in it goes to its room. What is on its way is moved by its answer. */
  async move(from: RoomId, to: RoomId): Promise<void> {
    const rows = this.#rows.filter((row) => row.room === from);
    if (!this.#leading || this.#sending.has(from) || rows.length === 0) return;
    for (const row of rows) await this.#replace(row, { ...row, room: to });
    this.announce(null);
    this.kick();
  }

  /** Tries now: the line is back, or the leader has changed. */
  readonly kick = (): void => {
    this.#stopWaiting();
    if (!this.#leading || this.#tables === null) return;
    for (const room of new Set(this.#rows.map((row) => row.room))) void this.#sendNext(room);
  };

  /**
   * Takes in what the log brought: our own messages come back. What waits for a room that is gone is sent no more; `keep`
   * gives the words, the oldest first, to their author and says where they are kept.
   */
  hear(events: readonly Event[], gone: readonly RoomId[], me: PersonId, keep: (room: RoomId, texts: readonly string[]) => Write): void {
    const lost = this.#rows.filter((row) => gone.includes(row.room));
    if (lost.length > 0) {
      for (const { txnId } of lost) this.#takenOut.add(txnId);
      this.#rows = this.#rows.filter((row) => !lost.includes(row));
      const kept = [...new Set(lost.map(({ room }) => room))].map((room) =>
        keep(room, lost.filter((row) => row.room === room).map(({ text }) => text.text)),
      );
      void this.#tables?.write([...lost.map(unsentGone), ...kept]).catch(() => undefined);
    }
    for (const event of events) if (event.sender === me) this.#recognise(event);
    if (events.length > 0 || lost.length > 0) this.#settle();
  }

  /** The log may bring a message back before the server's answer to it: then it is not shown twice. */
  #recognise(event: Event): void {
    const flying = typeof event.room === "string" ? this.#sending.get(event.room) : undefined;
    if (flying === undefined || event.type !== "message.text" || typeof event.n !== "number") return;
    if (event.n < flying.from || event.body?.text !== flying.row.text.text) return;
    this.#positions.set(`${flying.row.room} ${event.n}`, flying.row.txnId);
    this.#standing.add(flying.row.txnId);
  }

  /** Takes in what another tab has sent. */
  async follow(sent: { txnId: TxnId; room: RoomId; n: Position } | null): Promise<void> {
    const row = sent === null ? undefined : this.#rows.find((other) => other.txnId === sent.txnId);
    if (sent !== null && row !== undefined) this.#note({ ...row, room: sent.room }, sent.n);
    await this.reload();
  }

  /** The id with which a position was sent from here in this page's life: keeps a view's key through the change. */
  txnAt(room: RoomId, n: Position): TxnId | null {
    return this.#positions.get(`${room} ${n}`) ?? null;
  }

  // --- sending ---------------------------------------------------------------------------------------------------

  async #sendNext(room: RoomId): Promise<void> {
    const tables = this.#tables;
    if (tables === null || !this.#leading || this.#sending.has(room)) return;
    const row = this.#rows.find((other) => other.room === room && other.failed === null);
    if (row === undefined) return;
    if (!this.ports.online.online() && !this.answered()) return this.#waitABit(null);
    this.#sending.set(room, { row, from: this.nextOf(room) });
    this.#show();
    let again: boolean;
    let begun = room;
    try {
      if (await this.#leaves(row, tables)) {
        const posted = await this.#post(row);
        if (this.#tables !== tables) return;
        this.#backoff.reset();
        await this.#delivered({ ...row, room: posted.room }, posted.n);
        begun = posted.room;
      } else this.#rows = this.#rows.filter((other) => other.txnId !== row.txnId);
      again = true;
    } catch (error) {
      if (this.#tables !== tables) return;
      again = await this.#failed(row, error);
    } finally {
      if (this.#tables === tables) this.#sending.delete(room);
    }
    if (begun !== room) await this.move(room, begun);
    this.#settle();
    if (again) await this.#sendNext(room);
  }

  async #post(row: OutboxRow): Promise<{ room: RoomId; n: Position }> {
    const person = personOfNew(row.room);
    const body = { txn_id: row.txnId, ...message(row.text) };
    if (person === null) return { room: row.room, n: (await this.endpoints.postMessage(row.room, body)).n };
    const { room, n } = await this.endpoints.writeTo(person, body);
    // Without the room's view the message is there all the same: the feed brings both.
    await this.began(room).catch(() => undefined);
    return { room, n };
  }

  /**
   * Writes down that the message leaves this device; false when it was taken back or its room is gone meanwhile.
   */
  async #leaves(row: OutboxRow, tables: Tables): Promise<boolean> {
    if (row.tried) return !this.#takenOut.has(row.txnId);
    return await this.#alone(tables, async () => {
      const kept = (await loadOutbox(tables)).some((other) => other.txnId === row.txnId);
      return kept && (await this.#replace(row, { ...row, tried: true }));
    });
  }

  async #delivered(row: OutboxRow, n: Position): Promise<void> {
    this.#note(row, n);
    this.announce({ txnId: row.txnId, room: row.room, n });
    await this.#replace(row, null);
    this.announce(null);
  }

  /** True when the next message of the room may go on. */
  async #failed(row: OutboxRow, error: unknown): Promise<boolean> {
    this.#standing.delete(row.txnId);
    const ended = error instanceof CallError && error.status === 401;
    const final = error instanceof CallError && !error.passing && !ended && !HELD_BACK.has(error.code);
    if (final) {
      await this.#replace(row, { ...row, tried: false, failed: { code: codeOf(error), message: error.message } });
      this.announce(null);
      return true;
    }
    this.#waitABit(error instanceof CallError ? error.retryAfter : null);
    return false;
  }

  /** True when `by` stands in the place of the row; false when the row was taken out before or meanwhile. */
  async #replace(row: OutboxRow, by: OutboxRow | null): Promise<boolean> {
    const tables = this.#tables;
    if (tables === null || this.#takenOut.has(row.txnId)) return false;
    // A row that cannot be taken out now is sent again after a restart, with the same txn_id: nothing is doubled.
    await tables.write([unsentGone(row), ...(by === null ? [] : [unsentKept(by)])]).catch(() => undefined);
    if (this.#tables !== tables) return false;
    if (this.#takenOut.has(row.txnId)) {
      // The write that took it out may have come first.
      if (by !== null) await tables.write([unsentGone(by)]).catch(() => undefined);
      return false;
    }
    const others = this.#rows.filter((other) => other.txnId !== row.txnId);
    this.#rows = by === null ? others : [...others, by].sort((a, b) => a.seq - b.seq);
    this.#show();
    return by !== null;
  }

  #note(row: OutboxRow, n: Position): void {
    for (const [place, txnId] of this.#positions) if (txnId === row.txnId) this.#positions.delete(place);
    this.#positions.set(`${row.room} ${n}`, row.txnId);
    this.#standing.add(row.txnId);
    this.#sent = [...this.#sent, { row, n }];
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
      this.kick();
    }, ms);
  }

  #stopWaiting(): void {
    if (this.#timer !== null) this.ports.time.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #show(): void {
    const inFlight = new Set([...this.#sending.values()].map(({ row }) => row.txnId));
    const sent = this.#sent.map(({ row }) => item(row, { kind: "sending" }));
    const unsent = this.#rows
      .filter((row) => !this.#standing.has(row.txnId))
      .map((row) => item(row, deliveryOf(row, inFlight)));
    if (sent.length + unsent.length + this.#pending.snapshot().length > 0) this.#pending.set([...sent, ...unsent]);
  }

  #opened(): Tables {
    if (this.#tables === null) throw CallError.offline();
    return this.#tables;
  }
}

function message(text: DraftText): { body: TextBody; reply_to?: Position } {
  const body: TextBody = { text: text.text };
  if (text.mentions.length > 0) body.mentions = [...text.mentions];
  if (text.everyone) body.everyone = true;
  return text.replyTo === null ? { body } : { body, reply_to: text.replyTo };
}

function deliveryOf(row: OutboxRow, inFlight: ReadonlySet<TxnId>): Delivery {
  if (row.failed !== null) return { kind: "failed", code: row.failed.code, message: row.failed.message };
  return inFlight.has(row.txnId) ? { kind: "sending" } : { kind: "waiting" };
}

function item(row: OutboxRow, delivery: Delivery): PendingItem {
  const { txnId, room, at, text } = row;
  return {
    kind: "pending",
    key: txnId,
    txnId,
    room,
    at,
    text: text.text,
    mentions: text.mentions,
    everyone: text.everyone,
    replyTo: text.replyTo,
    reply: null,
    tried: row.tried,
    delivery,
  };
}
