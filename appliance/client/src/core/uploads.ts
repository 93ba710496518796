/**
 * Files on their way from this device: each a row in the cache with its bytes, from when it was attached until its message
 * has arrived.
 *
 * Rules:
 * - A file stands in the cache, and in the draft, before anything is sent of it; a reload goes on without asking.
 * - Bytes that the server has not are kept sealed, in pieces (`pieces.ts`); those of pictures, videos and sound until
 *   their message has arrived. Where the browser gives no room for them they stay in the tab that has the file, and only
 *   that tab sends them; when it ends, the file has to be chosen again.
 * - What changes a row is done in one turn of all tabs, from what is kept: none overtakes another.
 * - What was taken away stays as `gone` until the server knows, without its bytes.
 * Sending is `transfers.ts`; what follows from a row alone `uploadRows.ts`; what tabs have `tabFiles.ts`; which files a message has is the draft's and the outbox's to say.
 */

import { loadDrafts } from "./db/drafts";
import { loadOutbox } from "./db/outbox";
import { loadUpload, loadUploads, PIECE, piecesGone, type UploadRow, uploadGone, uploadKept } from "./db/uploads";
import type { Tables, Write } from "./db/tables";
import { type DraftChange, filesOf } from "./drafts";
import { CallError } from "./errors";
import { mediaType } from "./fileForms";
import { isSameSoFar, keptPiece, pieceOf, piecesIn } from "./pieces";
import type { LocalFile, Ports } from "./ports";
import type { Event, Form, Id } from "./protocol";
import type { Attachment, Cut, RoomId, UploadId, UploadState } from "./snapshots";
import { Store, type Readable } from "./store";
import { FilesOfTabs, type TabFiles } from "./tabFiles";
import { alone, type Turns } from "./turns";
import { begunAnew, inOrder, isKeptWhole, isWhole, staysWhole } from "./uploadRows";

export interface NewUpload {
  readonly file: LocalFile;
  readonly form: Form;
  readonly original: boolean;
}

/** A change of uploads, made in one turn with a change of something else. */
export interface FilesChange {
  readonly writes: readonly Write[];
  /** Follows in memory, in the same turn, when the writes are done. */
  readonly done: () => void;
}

export class Uploads {
  readonly #list = new Store<ReadonlyMap<UploadId, Attachment>>(new Map());
  readonly #rows = new Map<UploadId, UploadRow>();
  readonly #tabs: FilesOfTabs;
  #tables: Tables | null = null;
  /** Called with rows that have changed here, for the other tabs; one that is no more has no name of its own left but its id. */
  announce: (rows: readonly UploadRow[], over: readonly UploadId[]) => void = () => undefined;
  /** Called when this tab has come to hold or send other files. */
  announceTab: (files: TabFiles) => void = () => undefined;
  /** Called when something may be sent, kept or told to the server. */
  wake: () => void = () => undefined;

  constructor(
    private readonly ports: Ports,
    private readonly turns: Turns,
    tab: string,
  ) {
    this.#tabs = new FilesOfTabs(tab);
  }

  /** Everything attached on this device, in drafts and in messages that wait. */
  get list(): Readable<ReadonlyMap<UploadId, Attachment>> {
    return this.#list;
  }

  async open(tables: Tables): Promise<void> {
    this.#tables = tables;
    await this.turns.take(async () => {
      const rows = await loadUploads(tables);
      if (this.#tables === tables) for (const row of rows) this.#take(row);
    });
    this.#show();
  }

  close(): void {
    this.#tables = null;
    this.#rows.clear();
    this.#tabs.clear();
    this.#show();
  }

  rows(): readonly UploadRow[] {
    return inOrder(this.#rows);
  }

  row(id: UploadId): UploadRow | null {
    return this.#rows.get(id) ?? null;
  }

  fileOf(id: UploadId): LocalFile | null {
    return this.#tabs.fileOf(id);
  }

  /** Those of `ids` that there are, in the order in which they were asked for. */
  of(ids: readonly UploadId[]): readonly Attachment[] {
    const list = this.#list.snapshot();
    return ids.flatMap((id) => list.get(id) ?? []);
  }

  /** Attaches files; resolves when they and `draft`, which says what they go with, are safe on this device. */
  async add(room: RoomId, asked: readonly NewUpload[], draft: (ids: readonly UploadId[]) => DraftChange): Promise<readonly UploadId[]> {
    const tables = this.#opened();
    return await this.turns.take(async () => {
      const rows = asked.map((one, i) => this.#newRow(room, one, i, tables));
      const ids = rows.map(({ id }) => id);
      const change = draft(ids);
      await tables.write([...rows.map(uploadKept), change.write]);
      if (this.#tables !== tables) return [];
      asked.forEach(({ file }, i) => this.#tabs.hold(ids[i] ?? "", file));
      for (const row of rows) this.#take(row);
      this.#tellTab();
      this.#changed(rows);
      change.done();
      return ids;
    });
  }

  #newRow(room: RoomId, { file, form, original }: NewUpload, place: number, { shared }: Tables): UploadRow {
    const last = Math.max(0, ...[...this.#rows.values()].map(({ seq }) => seq));
    const said = { name: file.name, type: file.type, size: file.size, form, original, width: file.width ?? null, height: file.height ?? null, seconds: file.seconds ?? null };
    const none = { kept: 0, hashes: [], remote: null, acknowledged: 0, ready: false, sent: null, paused: false, failed: null, over: [], gone: false };
    const seq = Math.max(last + 1, this.ports.time.now()) + place;
    return { id: this.ports.crypto.randomUUID(), seq, rev: 0, room, ...said, bytes: shared ? "cache" : "tab", ...none };
  }

  async pause(id: UploadId): Promise<void> {
    await this.change(id, (row) => (row.ready ? row : { ...row, paused: true }));
  }

  async resume(id: UploadId): Promise<void> {
    await this.change(id, (row) => ({ ...row, paused: false }));
  }

  /** Tries once more what was refused. */
  async retry(id: UploadId): Promise<void> {
    await this.change(id, (row) => {
      if (row.failed === null) return row;
      // What was refused after its last byte is refused for good: only another upload of it may be taken.
      return { ...(isWhole(row) ? begunAnew(row) : row), failed: null, paused: false };
    });
  }

  /** Chooses whether the file goes as the device wrote it; what was sent under the other choice is sent anew. */
  async setOriginal(id: UploadId, original: boolean): Promise<void> {
    await this.change(id, (row) => {
      if (row.original === original || !this.#originalFree(row)) return row;
      return { ...begunAnew(row), original };
    });
  }

  /**
   * A file whose bytes were lost is chosen again; false when it is another. What the server has of it is compared piece by
   * piece: the upload goes on where it stopped, or begins anew.
   */
  async chooseAgain(id: UploadId, file: LocalFile): Promise<boolean> {
    const row = this.#rows.get(id);
    if (row === undefined || row.gone || row.name !== file.name || row.size !== file.size) return false;
    const same = await isSameSoFar(this.ports.crypto, row, file);
    const taken = await this.change(id, (kept) => ({ ...(same ? kept : begunAnew(kept)), failed: null, paused: false }));
    if (taken === null) return false;
    this.#tabs.hold(id, file);
    this.#tellTab();
    this.#show();
    this.wake();
    return true;
  }

  /** Takes a file away, with `draft`, which says what it goes with no more. */
  async remove(id: UploadId, draft: () => DraftChange): Promise<void> {
    const tables = this.#opened();
    await alone(this.ports.locks, this.turns, tables.shared, async () => {
      const change = await this.takenAway([id]);
      const words = draft();
      await tables.write([...change.writes, words.write]);
      if (this.#tables !== tables) return;
      words.done();
      change.done();
    });
  }

  /** The change that takes these files away for good; inside a turn of all tabs. */
  async takenAway(ids: readonly UploadId[]): Promise<FilesChange> {
    const tables = this.#opened();
    const kept = (await Promise.all(ids.map((id) => loadUpload(tables, id)))).flatMap((row) => row ?? []);
    const rows = kept.map((row) => ({ ...row, rev: row.rev + 1, gone: true }));
    return {
      writes: rows.flatMap((row) => [uploadKept(row), piecesGone(row.id)]),
      done: () => {
        for (const row of rows) this.#take(row);
        this.#changed(rows);
      },
    };
  }

  /** The change that forgets files whose message has arrived, or of whose end the server knows. */
  forgotten(ids: readonly UploadId[]): FilesChange {
    return {
      writes: ids.flatMap(uploadGone),
      done: () => {
        for (const id of ids) this.#drop(id);
        this.#show();
        this.announce([], ids);
      },
    };
  }

  /** Forgets files of which the server knows that they are over. */
  async forget(ids: readonly UploadId[]): Promise<void> {
    await this.#inTurn((tables) => this.#write(tables, Promise.resolve(this.forgotten(ids))));
  }

  /** Takes away what was attached in rooms that are ours no more. */
  async leaveRooms(rooms: readonly RoomId[]): Promise<void> {
    const lost = (): UploadId[] => this.rows().filter(({ room, gone }) => !gone && rooms.includes(room)).map(({ id }) => id);
    if (lost().length > 0) await this.#inTurn((tables) => this.#write(tables, this.takenAway(lost())));
  }

  /**
   * Takes away what neither a draft nor a message has: of two tabs that changed a draft at once one may have lost it.
   * Returns what drafts have.
   */
  async sweep(): Promise<readonly UploadId[]> {
    let inDrafts: readonly UploadId[] = [];
    await this.#inTurn(async (tables) => {
      // In this order: what goes from a draft to a message meanwhile, in another tab, is found in one of them.
      const rows = await loadUploads(tables);
      const drafts = await loadDrafts(tables);
      const messages = await loadOutbox(tables);
      inDrafts = drafts.flatMap(({ draft }) => filesOf(draft));
      const used = new Set([...inDrafts, ...messages.flatMap(({ text }) => filesOf(text))]);
      const lost = rows.filter(({ id, gone }) => !gone && !used.has(id)).map(({ id }) => id);
      if (lost.length > 0) await this.#write(tables, this.takenAway(lost));
    });
    return inDrafts;
  }

  async #write(tables: Tables, asked: Promise<FilesChange>): Promise<void> {
    const change = await asked;
    await tables.write(change.writes);
    if (this.#tables === tables) change.done();
  }

  async #inTurn(work: (tables: Tables) => Promise<void>): Promise<void> {
    const tables = this.#tables;
    if (tables !== null) await alone(this.ports.locks, this.turns, tables.shared, () => work(tables));
  }

  /**
   * Changes a row as it is kept; null when there is none any more. `also` is written with it. What cannot be written holds
   * in this tab, and is found out anew after a restart.
   */
  async change(id: UploadId, how: (row: UploadRow) => UploadRow, also: readonly Write[] = []): Promise<UploadRow | null> {
    const tables = this.#tables;
    if (tables === null) return null;
    return await alone(this.ports.locks, this.turns, tables.shared, async () => {
      const [written, known] = [await loadUpload(tables, id), this.#rows.get(id)];
      if (written === undefined || this.#tables !== tables) return null;
      const kept = known !== undefined && known.rev > written.rev ? known : written;
      if (kept.gone) return null;
      const next = how(kept);
      if (next === kept) return kept;
      const row = { ...next, rev: kept.rev + 1 };
      await tables.write([uploadKept(row), ...also]).catch(() => undefined);
      if (this.#tables !== tables) return null;
      this.#take(row);
      this.#changed([row]);
      return row;
    });
  }

  /** A file cannot be read any more, and not all of it is kept: it has to be chosen again. */
  async lose(id: UploadId): Promise<void> {
    this.#tabs.letGo(id);
    this.#tellTab();
    await this.change(id, (row) => ({ ...row, kept: Math.min(row.kept, row.acknowledged) }));
    this.#show();
  }

  /** The bytes, as long as they are all here. */
  async bytes(id: UploadId): Promise<Blob | null> {
    const [tables, row, file] = [this.#tables, this.#rows.get(id), this.#tabs.fileOf(id)];
    if (tables === null || row === undefined || row.gone) return null;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    for (let index = 0; index < piecesIn(row.size); index += 1) {
      const kept = file === null ? await keptPiece(tables, row, index) : await pieceOf(this.ports.crypto, file, index).catch(() => null);
      if (kept === null) return null;
      parts.push(kept.bytes);
    }
    return new Blob(parts, { type: mediaType(row.type) });
  }

  /** Whether a file is being sent from here just now. */
  setActive(id: UploadId, active: boolean): void {
    if (!this.#tabs.setActive(id, active)) return;
    this.#tellTab();
    this.#show();
  }

  /** What would be sent from here just now, if the line or the server let it. */
  setCut(cut: ReadonlyMap<UploadId, Cut>): void {
    if (!this.#tabs.setCut(cut)) return;
    this.#tellTab();
    this.#show();
  }

  isActive(id: UploadId): boolean {
    return this.#tabs.isActiveHere(id);
  }

  // --- other tabs ------------------------------------------------------------------------------------------------

  /** Takes in what another tab has changed. */
  follow(rows: readonly UploadRow[], over: readonly UploadId[]): void {
    for (const row of rows) if (row.rev > (this.#rows.get(row.id)?.rev ?? -1)) this.#take(row);
    for (const id of over) this.#drop(id);
    this.#show();
    this.wake();
  }

  followTab(files: TabFiles): void {
    this.#tabs.follow(files);
    this.#show();
    this.wake();
  }

  /** Says what this tab has: another one asks. */
  readonly tellTab = (): void => this.#tellTab();

  /** Forgets what other tabs have said to have; those that live are asked again. */
  forgetTabs(): void {
    this.#tabs.forgetOthers();
    this.#show();
  }

  // --- small things ----------------------------------------------------------------------------------------------

  /** The server tells of uploads of ours. */
  onEvents(events: readonly Event[]): void {
    for (const event of events) {
      if (event.type !== "upload") continue;
      const { id, state, refused } = (event.state ?? {}) as { id?: Id; state?: string; refused?: string | null };
      const row = [...this.#rows.values()].find(({ remote }) => remote !== null && remote === id);
      if (row !== undefined) void this.settle(row.id, state, refused ?? null).catch(() => undefined);
    }
  }

  /** The server takes no message with these yet, or did not know them: it is asked what they are. */
  async askAgain(ids: readonly UploadId[]): Promise<void> {
    for (const id of ids) await this.change(id, (row) => (row.ready ? { ...row, ready: false } : row));
  }

  /** The write that lets go of the pieces of which the server has every byte, where its bytes are enough. */
  spare(id: UploadId, acknowledged: number): readonly Write[] {
    const row = this.#rows.get(id);
    if (row === undefined || staysWhole(row)) return [];
    if (acknowledged === row.size) return [piecesGone(id)];
    const below = Math.floor(acknowledged / PIECE);
    return below === 0 ? [] : [piecesGone(id, below)];
  }

  /** Takes in what the server says of an upload. */
  async settle(id: UploadId, state: string | undefined, refused: string | null): Promise<void> {
    if (state === "ready") await this.change(id, (row) => (row.ready ? row : { ...row, ready: true, failed: null, acknowledged: row.size }), this.spare(id, this.#rows.get(id)?.size ?? 0));
    const code = refused ?? "broken";
    if (state === "refused") await this.change(id, (row) => (row.failed?.code === code ? row : { ...row, ready: false, failed: { code, message: "" } }));
  }

  #take(row: UploadRow): void {
    this.#rows.set(row.id, row);
    if (row.gone) this.#tabs.letGo(row.id);
  }

  #drop(id: UploadId): void {
    this.#rows.delete(id);
    this.#tabs.drop(id);
  }

  #changed(rows: readonly UploadRow[]): void {
    this.#show();
    this.announce(rows, []);
    this.wake();
  }

  #tellTab(): void {
    this.announceTab(this.#tabs.mine());
  }

  /** Whether every byte is at hand, the first among them: only then can it be sent under another choice. */
  #originalFree(row: UploadRow): boolean {
    return this.#tabs.fileOf(row.id) !== null || isKeptWhole(row);
  }

  #show(): void {
    const old = this.#list.snapshot();
    const rows = this.rows().filter(({ gone }) => !gone);
    const list = new Map(rows.map((row) => [row.id, sameOr(old.get(row.id), this.#attachment(row))]));
    const same = list.size === old.size && [...list].every(([id, one]) => old.get(id) === one);
    if (!same) this.#list.set(list);
  }

  #attachment(row: UploadRow): Attachment {
    const { id, name, type, size, form, original, width, height, seconds, acknowledged, failed, sent, remote } = row;
    const state = this.#stateOf(row);
    const originalFree = this.#originalFree(row);
    const cut = state === "waiting" || state === "sending" ? this.#tabs.cutOf(id) : null;
    return { id, name, type, size, form, original, originalFree, width, height, seconds, state, acknowledged, cut, failure: failed, sent, remote };
  }

  #stateOf(row: UploadRow): UploadState {
    if (row.failed !== null) return "failed";
    if (row.ready) return "ready";
    if (isWhole(row)) return "preparing";
    if (!this.#tabs.isHeld(row.id) && (row.bytes === "tab" || row.kept < row.size)) return "missing";
    if (row.paused) return "paused";
    return this.#tabs.isActive(row.id) ? "sending" : "waiting";
  }

  #opened(): Tables {
    if (this.#tables === null) throw CallError.offline();
    return this.#tables;
  }
}

function sameOr(old: Attachment | undefined, fresh: Attachment): Attachment {
  if (old === undefined) return fresh;
  const keys = Object.keys(fresh) as (keyof Attachment)[];
  return keys.every((key) => Object.is(old[key], fresh[key])) ? old : fresh;
}
