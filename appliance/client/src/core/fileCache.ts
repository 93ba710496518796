/**
 * Small pictures of files, kept sealed on this device, so that a timeline has them at once and without the network (C2).
 *
 * Rules: nothing is kept in clear, the browser's own cache included; at most `MAX_BYTES`, the oldest go first; each for
 * seven days; those of a message that is retracted, erased or found infected go at once, those of a room with the room,
 * all with the session. At most `AT_ONCE` are fetched at a time; a question that nobody waits for any more is not asked.
 * Keeps nothing larger than `MAX_THUMB`: pictures in full, sound and video are read from the server each time.
 */

import { loadThumb, loadThumbFacts, type ThumbFacts, thumbGone, thumbKept } from "./db/thumbs";
import type { Tables } from "./db/tables";
import type { Endpoints } from "./endpoints";
import { asEntry, kindOf } from "./entries";
import { CallError } from "./errors";
import type { Applied } from "./feed";
import { Gate } from "./gate";
import type { Event, Id, Millis, Position } from "./protocol";
import { isEntry, pointsBack } from "./timelineRows";

export const KEEP_MS = 7 * 24 * 3_600_000;
export const MAX_BYTES = 48 * 1024 * 1024;
export const MAX_THUMB = 512 * 1024;
const AT_ONCE = 6;
/** So many may be added before what is kept is counted again. */
const COUNT_EVERY = 32;

/** A small picture, and whose it is. */
export interface WantedThumb {
  readonly room: Id;
  readonly n: Position;
  readonly file: Id;
  /** Of the picture itself: a variant of the file. */
  readonly id: Id;
}

export class FileCache {
  readonly #gate = new Gate(AT_ONCE);
  #tables: Tables | null = null;
  /** Grows when something has to go: what was asked for before is not kept. */
  #turn = 0;
  #added = 0;

  constructor(
    private readonly now: () => Millis,
    private readonly endpoints: Pick<Endpoints, "fileBytes">,
  ) {}

  open(tables: Tables): void {
    this.#tables = tables;
    this.#turn += 1;
    void this.sweep().catch(() => undefined);
  }

  close(): void {
    this.#tables = null;
    this.#turn += 1;
  }

  /** The bytes: from this device, else from the server. Rejects with CallError, `offline` when `signal` ends it. */
  async thumb(wanted: WantedThumb, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    const tables = this.#tables;
    if (tables === null) throw CallError.offline();
    const kept = await loadThumb(tables, wanted, this.now() - KEEP_MS).catch(() => null);
    if (kept !== null) return kept;
    return await this.#gate.take(signal, async () => {
      const turn = this.#turn;
      const bytes = await this.endpoints.fileBytes(wanted.id, MAX_THUMB, signal);
      if (turn === this.#turn) await this.#keep(tables, wanted, bytes, turn).catch(() => undefined);
      return bytes;
    });
  }

  /** Takes in what the log brought. What leaves with its room is taken by the feed, in one write with the room. */
  onApplied({ events, gone, reset }: Pick<Applied, "events" | "gone" | "reset">): void {
    const tests = events.map(endsThumbs).filter((test) => test !== null);
    if (tests.length === 0 && gone.length === 0 && !reset) return;
    this.#turn += 1;
    if (tests.length > 0) void this.#drop((facts) => tests.some((ends) => ends(facts))).catch(() => undefined);
  }

  /** Drops what is too old, then the oldest of what is too much. */
  async sweep(): Promise<void> {
    this.#added = 0;
    const tables = this.#tables;
    if (tables === null) return;
    const oldest = this.now() - KEEP_MS;
    let left = MAX_BYTES;
    const newestFirst = (await loadThumbFacts(tables)).sort((a, b) => b.at - a.at);
    const over = newestFirst.filter(({ at, size }) => {
      left -= size;
      return at < oldest || left < 0;
    });
    if (over.length > 0) await tables.write(over.flatMap(thumbGone));
  }

  async #keep(tables: Tables, { room, n, file, id }: WantedThumb, bytes: Uint8Array<ArrayBuffer>, turn: number): Promise<void> {
    const facts: ThumbFacts = { room, n, file, id, at: this.now(), size: bytes.byteLength };
    await tables.write(thumbKept(facts, bytes));
    // What ended its message while it was written has looked through what was kept before.
    if (turn !== this.#turn) return await tables.write(thumbGone(facts));
    this.#added += 1;
    if (this.#added >= COUNT_EVERY) await this.sweep();
  }

  async #drop(ends: (facts: ThumbFacts) => boolean): Promise<void> {
    const tables = this.#tables;
    if (tables === null) return;
    const over = (await loadThumbFacts(tables)).filter(ends);
    if (over.length > 0) await tables.write(over.flatMap(thumbGone));
  }
}

const NOT_SHOWN: ReadonlySet<unknown> = new Set(["infected", "removed", "gone"]);

/** Which small pictures go with an event; null for none. */
function endsThumbs(event: Event): ((facts: ThumbFacts) => boolean) | null {
  const { room } = event;
  if (event.type === "file") return fileEnds(event);
  if (!isEntry(event)) return null;
  if (pointsBack(event) && kindOf(event).effect === "retracts") return (facts) => facts.room === room && facts.n === event.target;
  const range = kindOf(event).erases(asEntry(event));
  return range === null ? null : (facts) => facts.room === room && facts.n >= range[0] && facts.n <= range[1];
}

function fileEnds({ room, state }: Event): ((facts: ThumbFacts) => boolean) | null {
  const facts = state?.["facts"] as { readonly state?: unknown } | undefined;
  if (!NOT_SHOWN.has(facts?.state)) return null;
  return (kept) => kept.room === room && kept.file === state?.["id"];
}
