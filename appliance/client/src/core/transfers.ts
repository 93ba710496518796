/**
 * The work on files: keeping their bytes, sending them, telling the server what was taken away, asking what it makes of them.
 *
 * Rules:
 * - Only the leading tab sends what the cache holds; what only one tab can read, that tab sends. At most `AT_ONCE` in each.
 * - Whatever passes is tried again, from 0.2 s to 30 s apart, and at once when the line is back; each try asks the server
 *   first how much it has. What is refused stands with its reason until a person tries again.
 * - Without a network nothing is tried, and everything goes on by itself with it.
 * - A file attached to a private chat that has not begun waits until its message begins that.
 * The rows are `uploads.ts`, the protocol is `tus.ts`.
 */

import { type Api, PRECONDITION_CODES } from "./api";
import { Backoff, UPLOAD_BASE_MS } from "./backoff";
import { PIECE, piecesGone, type UploadRow } from "./db/uploads";
import type { Tables, Write } from "./db/tables";
import type { Endpoints } from "./endpoints";
import { CallError } from "./errors";
import { failureOf } from "./failure";
import { isMedia, mediaType } from "./fileForms";
import { Line } from "./parts";
import { bounds, keptPiece, keptWith, type Piece, pieceOf, withHash } from "./pieces";
import type { Ports, TimerId } from "./ports";
import type { Id } from "./protocol";
import type { Cut, RoomId, UploadId } from "./snapshots";
import { sendByTus, type TusJob } from "./tus";
import { begunAnew, isWhole, keptNextFrom } from "./uploadRows";
import type { Uploads } from "./uploads";

const AT_ONCE = 2;
/** The server has all bytes and says nothing of it: then it is asked, each time after twice as long. */
const ASK_BASE_MS = 2_000;

/** No refusal of the file: the session has ended, the offset was another, another request had the upload. */
const NOT_NOW: ReadonlySet<number> = new Set([401, 409, 423, 460]);

/** What is under way for a file: until it ends, nothing else is begun for it. */
interface Run {
  readonly stop: AbortController;
  /** Whether it is still what is wanted. */
  readonly fits: (row: UploadRow) => boolean;
}

/** When what broke is tried again. */
interface Wait {
  readonly backoff: Backoff;
  /** What the last try came to nothing for. */
  why: Cut;
  timer: TimerId | null;
}

export interface TransferDeps {
  readonly ports: Ports;
  readonly api: Api;
  readonly endpoints: Pick<Endpoints, "upload" | "deleteUpload">;
  readonly uploads: Uploads;
  /** The room that a file goes to; null as long as its private chat has not begun. */
  readonly roomOf: (room: RoomId) => RoomId | null;
  /** The server answers now, whatever the browser says of the network. */
  readonly answered: () => boolean;
}

export class Transfers {
  readonly #runs = new Map<UploadId, Run>();
  readonly #waits = new Map<UploadId, Wait>();
  readonly #asks = new Map<UploadId, Wait>();
  /** Files of which the server is being told that they are over. */
  readonly #ending = new Set<UploadId>();
  /** Uploads at the server of which was asked how they will be sent. */
  readonly #learned = new Set<Id>();
  #tables: Tables | null = null;
  #leading = false;
  #copying = false;
  #line: Line;

  constructor(private readonly deps: TransferDeps) {
    this.#line = new Line(deps.ports.time);
    deps.uploads.wake = this.wake;
    deps.ports.online.subscribe(() => this.#lineChanged());
  }

  open(tables: Tables): void {
    this.#tables = tables;
    this.wake();
  }

  close(): void {
    this.#tables = null;
    this.#leading = false;
    for (const { stop } of this.#runs.values()) stop.abort();
    this.#endWaits();
    this.#runs.clear();
    this.#waits.clear();
    this.#asks.clear();
    this.#ending.clear();
    this.#learned.clear();
  }

  /** Begins to work on what the cache holds, or stops. */
  lead(leading: boolean): void {
    this.#leading = leading;
    if (leading) this.retryNow();
    else this.wake();
  }

  /** The device has another network, or none: what was sent on the old one is given up. */
  #lineChanged(): void {
    if (this.#tables === null) return;
    this.#line = new Line(this.deps.ports.time);
    for (const { stop } of this.#runs.values()) stop.abort();
    this.retryNow();
  }

  /**
   * The server answers again: what waits to be tried again is tried now. What is under way goes on: on a full line the
   * stream is lost first, and what was sent by then would be sent twice.
   */
  readonly retryNow = (): void => {
    this.#endWaits();
    this.wake();
    if (this.#leading) for (const row of this.deps.uploads.rows()) if (this.#isToAsk(row) && !this.#isBusy(row.id)) this.#ask(row);
  };

  #endWaits(): void {
    for (const wait of [...this.#waits.values(), ...this.#asks.values()]) {
      if (wait.timer !== null) this.deps.ports.time.clearTimeout(wait.timer);
      wait.timer = null;
    }
  }

  /** Asks whether the server still has these: it keeps an upload for a day. */
  check(ids: readonly UploadId[]): void {
    const ready = ids.map((id) => this.deps.uploads.row(id)).filter((row) => row !== null);
    for (const row of ready) if (row.ready && !row.gone && !this.#isBusy(row.id)) this.#ask(row);
  }

  /** Looks for what is to be done; cheap, and called whenever something may have changed. */
  readonly wake = (): void => {
    if (this.#tables === null) return;
    this.#stopWhatIsOver();
    this.#copyNext();
    this.#tellCut();
    if (!this.#hasLine()) return;
    const rows = this.deps.uploads.rows();
    if (this.#leading) for (const row of rows) this.#tellServer(row);
    if (this.#leading) for (const row of rows) this.#learn(row);
    const wanted = rows.filter((row) => this.#isToSend(row));
    for (const row of wanted) if (this.#sending() < AT_ONCE) this.#send(row);
  };

  #hasLine(): boolean {
    return this.deps.ports.online.online() || this.deps.answered();
  }

  /** Says which files stand still, and for what: those whose last try came to nothing; without a network, all. */
  #tellCut(): void {
    const cut = new Map<UploadId, Cut>();
    for (const row of this.deps.uploads.rows()) {
      const why = this.#hasLine() ? this.#waits.get(row.id)?.why : "line";
      if (why !== undefined && this.#isWanted(row)) cut.set(row.id, why);
    }
    this.deps.uploads.setCut(cut);
  }

  #sending(): number {
    return [...this.#runs.keys()].filter((id) => this.deps.uploads.isActive(id)).length;
  }

  #isToSend(row: UploadRow): boolean {
    return this.#isWanted(row) && !this.#isBusy(row.id) && this.deps.roomOf(row.room) !== null;
  }

  /** It is to be sent, from here. */
  #isWanted(row: UploadRow): boolean {
    return !row.gone && !row.paused && row.failed === null && !isWhole(row) && this.#isOurs(row);
  }

  /** This tab, and no other, has what is to be sent. */
  #isOurs({ id, bytes, kept, size }: UploadRow): boolean {
    const held = this.deps.uploads.fileOf(id) !== null;
    return bytes === "tab" ? held : this.#leading && (held || kept === size);
  }

  /** Under way already, or waiting to be tried again. */
  #isBusy(id: UploadId): boolean {
    return this.#runs.has(id) || (this.#waits.get(id)?.timer ?? null) !== null;
  }

  /** Ends what nobody wants any more, or wants otherwise. */
  #stopWhatIsOver(): void {
    for (const [id, { stop, fits }] of this.#runs) {
      const row = this.deps.uploads.row(id);
      if (row === null || !fits(row)) stop.abort();
    }
  }

  // --- keeping -----------------------------------------------------------------------------------------------------

  /** Puts the next piece of a file that was chosen here into the cache; where that is full, the file stays in this tab. */
  #copyNext(): void {
    const { uploads } = this.deps;
    const row = uploads.rows().find((one) => keptNextFrom(one) !== null && uploads.fileOf(one.id) !== null);
    if (this.#copying || row === undefined) return;
    this.#copying = true;
    const done = (): void => {
      this.#copying = false;
      this.wake();
    };
    void this.#copy(row).then(done, done);
  }

  async #copy(row: UploadRow): Promise<void> {
    const [{ uploads, ports }, tables] = [this.deps, this.#tables];
    const [file, from] = [uploads.fileOf(row.id), keptNextFrom(row)];
    if (tables === null || file === null || from === null) return;
    const index = Math.floor(from / PIECE);
    const piece = await pieceOf(ports.crypto, file, index).catch(() => null);
    if (piece === null) return await uploads.lose(row.id);
    try {
      await tables.write([keptWith(row, piece)]);
    } catch {
      return void (await uploads.change(row.id, (now) => ({ ...now, bytes: "tab" }), [piecesGone(row.id)]));
    }
    const [, kept] = bounds(index, row.size);
    await uploads.change(row.id, (now) => ({ ...now, kept: Math.max(now.kept, kept), hashes: withHash(now.hashes, piece) }));
  }

  // --- sending ---------------------------------------------------------------------------------------------------

  #send(row: UploadRow): void {
    const { uploads, api } = this.deps;
    uploads.setActive(row.id, true);
    const fits = (now: UploadRow): boolean => !now.gone && !now.paused && now.original === row.original && this.#isOurs(now);
    this.#run(row.id, fits, (signal) =>
      sendByTus(api, this.#line, this.#jobOf(row, signal), signal).finally(() => uploads.setActive(row.id, false)),
    );
  }

  #jobOf(row: UploadRow, signal: AbortSignal): TusJob {
    const { id, size, original } = row;
    let { remote } = row;
    let piece: Piece | null = null;
    const change = async (how: (now: UploadRow) => UploadRow, also: readonly Write[] = []): Promise<void> => {
      const now = await this.deps.uploads.change(id, how, also);
      if (now === null || signal.aborted) throw CallError.offline();
    };
    return {
      size,
      metadata: this.#said(row),
      remote,
      read: async (start, stop) => {
        const index = Math.floor(start / PIECE);
        if (piece?.index !== index) piece = await this.#piece(id, index);
        const [from] = bounds(index, size);
        return piece.bytes.subarray(start - from, stop - from);
      },
      begun: async (made) => {
        remote = made;
        // It may have been wanted otherwise meanwhile: then this one is over.
        await change((now) => (now.original === original ? { ...now, remote: made } : { ...now, over: [...now.over, made] }));
      },
      acknowledged: async (offset) => {
        if (offset > (this.deps.uploads.row(id)?.acknowledged ?? 0)) this.#waits.delete(id);
        this.#tellCut();
        const had = this.deps.uploads.spare(id, offset);
        await change((now) => (now.remote === remote ? { ...now, acknowledged: offset } : now), had);
      },
    };
  }

  #said({ room, name, type, form, original, width, height, seconds }: UploadRow): Record<string, string> {
    const said = { name, type: mediaType(type), room: this.deps.roomOf(room), form, original: original ? true : null, width: whole(width), height: whole(height), seconds };
    return Object.fromEntries(Object.entries(said).flatMap(([key, value]) => (value === null ? [] : [[key, String(value)]])));
  }

  async #piece(id: UploadId, index: number): Promise<Piece> {
    const row = this.deps.uploads.row(id);
    if (row === null) throw CallError.offline();
    return (await this.#keptPiece(row, index)) ?? (await this.#filePiece(row, index));
  }

  async #keptPiece(row: UploadRow, index: number): Promise<Piece | null> {
    const tables = this.#tables;
    return tables === null || row.bytes === "tab" ? null : await keptPiece(tables, row, index);
  }

  async #filePiece(row: UploadRow, index: number): Promise<Piece> {
    const file = this.deps.uploads.fileOf(row.id);
    const piece = file === null ? null : await pieceOf(this.deps.ports.crypto, file, index).catch(() => null);
    const known = row.hashes[index];
    if (piece === null || (known !== undefined && known !== piece.hash)) throw new Unreadable();
    // Written down before it leaves: when the file is chosen again, what was sent is compared by it.
    if (known === undefined) await this.deps.uploads.change(row.id, (now) => ({ ...now, hashes: withHash(now.hashes, piece) }));
    return piece;
  }

  // --- what the server is told and asked ---------------------------------------------------------------------------

  /** What was taken away goes there too; what has all its bytes is asked for, in a while. */
  #tellServer(row: UploadRow): void {
    if (row.gone) this.#waitNoMore(row.id);
    if (this.#isBusy(row.id)) return;
    if (row.gone || row.over.length > 0) return this.#end(row);
    if (this.#isToAsk(row)) this.#askSoon(row.id);
    else this.#asks.delete(row.id);
  }

  /** What waited to be sent again is to be deleted instead: that waits for nothing but its own failures. */
  #waitNoMore(id: UploadId): void {
    const wait = this.#waits.get(id);
    if (wait === undefined || this.#ending.has(id)) return;
    if (wait.timer !== null) this.deps.ports.time.clearTimeout(wait.timer);
    this.#waits.delete(id);
  }

  #end(row: UploadRow): void {
    const { uploads, endpoints } = this.deps;
    this.#ending.add(row.id);
    const over = [...row.over, ...(row.gone && row.remote !== null ? [row.remote] : [])];
    this.#run(row.id, always, async () => {
      for (const remote of over) await endpoints.deleteUpload(remote).catch(unlessOver);
      if (row.gone) await uploads.forget([row.id]);
      else await uploads.change(row.id, (now) => ({ ...now, over: now.over.filter((one) => !over.includes(one)) }));
    });
  }

  #isToAsk(row: UploadRow): boolean {
    return isWhole(row) && !row.gone && !row.ready && row.failed === null;
  }

  #askSoon(id: UploadId): void {
    const { time, random } = this.deps.ports;
    const wait: Wait = this.#asks.get(id) ?? { backoff: new Backoff(random, ASK_BASE_MS), why: "server", timer: null };
    this.#asks.set(id, wait);
    wait.timer ??= time.setTimeout(() => {
      wait.timer = null;
      const row = this.deps.uploads.row(id);
      if (row !== null && this.#isToAsk(row) && !this.#isBusy(id)) this.#ask(row);
    }, wait.backoff.next());
  }

  #ask({ id, remote, size }: UploadRow): void {
    const { uploads, endpoints } = this.deps;
    this.#run(id, always, async () => {
      const { state, refused, offset } = await endpoints.upload(remote ?? "");
      if (state === "receiving" && offset < size) await uploads.change(id, (row) => ({ ...row, acknowledged: offset }));
      else await uploads.settle(id, state, refused ?? null);
    });
  }

  /** Asks once how a ready file will be sent. Without an answer it is shown as it is here, and nothing waits for it. */
  #learn({ id, ready, gone, original, sent, remote, form, type }: UploadRow): void {
    const mayChange = form !== "document" || isMedia(type);
    if (!ready || gone || original || sent !== null || remote === null || !mayChange || this.#learned.has(remote)) return;
    this.#learned.add(remote);
    const { uploads, endpoints } = this.deps;
    void endpoints
      .upload(remote)
      .then(async ({ file }) => {
        if (file == null) return;
        const { name, size, width = null, height = null } = file;
        await uploads.change(id, (row) => (row.ready && row.remote === remote ? { ...row, sent: { name, size, width, height } } : row));
      })
      .catch(() => undefined);
  }

  // --- one thing at a time for each file -----------------------------------------------------------------------------

  #run(id: UploadId, fits: Run["fits"], work: (signal: AbortSignal) => Promise<void>): void {
    const tables = this.#tables;
    const stop = new AbortController();
    const run: Run = { stop, fits };
    this.#runs.set(id, run);
    void work(stop.signal)
      .catch((error: unknown) => (this.#tables === tables ? this.#failed(id, error, stop.signal.aborted) : undefined))
      .catch(() => undefined)
      .finally(() => {
        if (this.#runs.get(id) === run) this.#runs.delete(id);
        if (this.#tables === tables) this.wake();
      });
  }

  async #failed(id: UploadId, error: unknown, aborted: boolean): Promise<void> {
    const { uploads } = this.deps;
    const row = uploads.row(id);
    if (aborted || row === null) return;
    if (error instanceof Unreadable) return await uploads.lose(id);
    if (error instanceof CallError && !row.gone) {
      const isOver = row.remote !== null && (error.status === 404 || error.status === 410);
      if (isOver) return void (await uploads.change(id, begunAnew));
      const waits = error.passing || NOT_NOW.has(error.status) || PRECONDITION_CODES.has(error.code);
      if (!waits) return void (await uploads.change(id, (now) => ({ ...now, failed: failureOf(error) })));
    }
    const isLine = !(error instanceof CallError) || error.kind === "offline";
    this.#waitABit(id, isLine ? "line" : "server", error instanceof CallError ? error.retryAfter : null);
  }

  #waitABit(id: UploadId, why: Cut, retryAfter: number | null): void {
    const { time, random } = this.deps.ports;
    const wait: Wait = this.#waits.get(id) ?? { backoff: new Backoff(random, UPLOAD_BASE_MS), why, timer: null };
    wait.why = why;
    this.#waits.set(id, wait);
    this.#tellCut();
    if (wait.timer !== null) time.clearTimeout(wait.timer);
    wait.timer = time.setTimeout(() => {
      wait.timer = null;
      this.wake();
    }, Math.max(retryAfter ?? 0, wait.backoff.next()));
  }
}

/** A piece is neither in the cache nor, as it was, in a file. */
class Unreadable extends Error {}

const always = (): boolean => true;

const whole = (pixels: number | null): number | null => (pixels === null ? null : Math.round(pixels));

/** An upload that is not there any more is as good as deleted. */
function unlessOver(error: unknown): void {
  const over = error instanceof CallError && error.kind === "refused" && !error.passing && error.status !== 401;
  if (!over) throw error;
}
