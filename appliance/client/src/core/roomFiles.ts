/**
 * The files of a room, newest first: the server's list page by page, kept in step by the log.
 *
 * Rules: a new message brings its files to the front, a retracted or erased one takes them away, what becomes known of a
 * file is told in place. One question at a time. When the list is open anew it is asked for anew. The server lists one form
 * at a time: of several, what is shown ends where the next page of one of them may have something newer.
 */

import type { Endpoints } from "./endpoints";
import { asEntry, kindOf } from "./entries";
import { isHidden } from "./entries/hidden";
import { type Failure, failureOf } from "./failure";
import type { Applied, Feed } from "./feed";
import { fileChange, fileWith } from "./fileFacts";
import type { Event, Form, RoomFile } from "./protocol";
import type { RoomId } from "./snapshots";
import { Store, type Readable } from "./store";
import { isEntry, pointsBack } from "./timelineRows";

export interface RoomFilesSnapshot {
  readonly files: readonly RoomFile[];
  /** The server has older ones, as far as is known. */
  readonly more: boolean;
  readonly loading: boolean;
  readonly failure: Failure | null;
  /** How many pages have come: one may bring nothing to show, and more follows. */
  readonly pages: number;
}

/** What has come of a form and is not shown yet, and where to go on; a null cursor of one that has begun is its end. */
interface Source {
  readonly waiting: readonly RoomFile[];
  readonly cursor: string | null;
  readonly begun: boolean;
}

const PAGE = 60;
const NOTHING: RoomFilesSnapshot = { files: [], more: true, loading: false, failure: null, pages: 0 };
const UNASKED: Source = { waiting: [], cursor: null, begun: false };

const hasMore = ({ begun, cursor }: Source): boolean => !begun || cursor !== null;

export class RoomFileList implements Readable<RoomFilesSnapshot> {
  readonly #state = new Store<RoomFilesSnapshot>(NOTHING);
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;
  #sources = new Map<Form, Source>();
  #turn = 0;
  /** What the log brought while a page was on its way: the page may be older than that. */
  #meanwhile: Event[] = [];

  constructor(
    readonly room: RoomId,
    /** What is listed. */
    readonly forms: readonly Form[],
    private readonly endpoints: Pick<Endpoints, "roomFiles">,
    private readonly feed: Pick<Feed, "onApplied">,
  ) {}

  /** Loads the first page and listens to the log; the function it returns ends that. */
  readonly open = (): (() => void) => {
    const stop = this.feed.onApplied((applied) => this.#onApplied(applied));
    this.#begin();
    return () => {
      stop();
      this.#turn += 1;
      this.#state.update((state) => ({ ...state, loading: false }));
    };
  };

  /** Goes on; does nothing while a page is on its way, or at the end. */
  readonly loadMore = async (): Promise<void> => {
    const { loading, more } = this.#state.snapshot();
    if (loading || !more) return;
    const turn = this.#turn;
    this.#state.update((state) => ({ ...state, loading: true, failure: null }));
    try {
      const asked = await Promise.all(this.forms.map((form) => this.#filled(form)));
      if (turn !== this.#turn) return;
      const changed = (waiting: readonly RoomFile[]) => this.#meanwhile.reduce((list, event) => this.#changed(list, event), waiting);
      this.#sources = new Map(asked.map(([form, source]) => [form, { ...source, waiting: changed(source.waiting) }]));
      const known = new Set(this.#state.snapshot().files.map(keyOf));
      const files = [...this.#state.snapshot().files, ...this.#taken().filter((file) => !known.has(keyOf(file)))];
      const heard = this.#meanwhile.reduce<readonly RoomFile[]>((list, event) => this.#after(list, event), files);
      const more = [...this.#sources.values()].some((source) => source.waiting.length > 0 || hasMore(source));
      this.#state.update(({ pages }) => ({ files: heard, more, loading: false, failure: null, pages: pages + 1 }));
    } catch (error) {
      if (turn === this.#turn) this.#state.update((state) => ({ ...state, loading: false, failure: failureOf(error) }));
    } finally {
      if (turn === this.#turn) this.#meanwhile = [];
    }
  };

  /** A form with something to show, if it has anything on its next page. */
  async #filled(form: Form): Promise<[Form, Source]> {
    const source = this.#sources.get(form) ?? UNASKED;
    if (source.waiting.length > 0 || !hasMore(source)) return [form, source];
    const page = await this.endpoints.roomFiles(this.room, { form, cursor: source.cursor, limit: PAGE });
    return [form, { waiting: page.files, cursor: page.cursor ?? null, begun: true }];
  }

  /** Takes what can be shown: the newest of all forms, until one has to be asked first. */
  #taken(): RoomFile[] {
    const taken: RoomFile[] = [];
    while (taken.length < PAGE) {
      const sources = [...this.#sources];
      if (sources.some(([, source]) => source.waiting.length === 0 && hasMore(source))) break;
      const [newest] = sources.filter(([, { waiting }]) => waiting.length > 0).sort(([, a], [, b]) => (b.waiting[0]?.n ?? 0) - (a.waiting[0]?.n ?? 0));
      const next = newest?.[1].waiting[0];
      if (newest === undefined || next === undefined) break;
      this.#sources.set(newest[0], { ...newest[1], waiting: newest[1].waiting.slice(1) });
      taken.push(next);
    }
    return taken;
  }

  #begin(): void {
    this.#turn += 1;
    this.#sources.clear();
    this.#meanwhile = [];
    this.#state.set(NOTHING);
    void this.loadMore();
  }

  #onApplied({ events, reset, gone }: Applied): void {
    if (gone.includes(this.room)) return this.#state.set({ ...NOTHING, more: false });
    if (reset) return this.#begin();
    const here = events.filter((event) => event.room === this.room);
    if (here.length === 0) return;
    if (this.#state.snapshot().loading) this.#meanwhile.push(...here);
    const before = this.#state.snapshot().files;
    const files = here.reduce((list, event) => this.#after(list, event), before);
    for (const [form, source] of this.#sources) {
      const waiting = here.reduce((list, event) => this.#changed(list, event), source.waiting);
      this.#sources.set(form, { ...source, waiting });
    }
    if (files !== before) this.#state.update((state) => ({ ...state, files }));
  }

  /** The list after an event; the same list when it changes nothing. */
  #after(files: readonly RoomFile[], event: Event): readonly RoomFile[] {
    const changed = this.#changed(files, event);
    return isEntry(event) ? this.#withNew(changed, event) : changed;
  }

  /** What becomes of files that are there. */
  #changed(files: readonly RoomFile[], event: Event): readonly RoomFile[] {
    if (event.type === "file") return withFacts(files, event);
    if (!isEntry(event)) return files;
    const kind = kindOf(event);
    if (pointsBack(event) && kind.effect === "retracts") return without(files, ({ n }) => n === event.target);
    const erased = kind.erases(asEntry(event));
    return erased === null ? files : without(files, ({ n }) => n >= erased[0] && n <= erased[1]);
  }

  #withNew(files: readonly RoomFile[], event: Event & { n: number }): readonly RoomFile[] {
    const { n, at } = event;
    const sender = event.sender ?? "";
    if (isHidden(event) || pointsBack(event)) return files;
    const known = new Set(files.map(keyOf));
    const wanted = (event.body?.files ?? []).filter((file) => this.forms.includes(file.form));
    const fresh = wanted.map((file) => ({ n, at, sender, file })).filter((file) => !known.has(keyOf(file)));
    return fresh.length === 0 ? files : [...fresh.reverse(), ...files];
  }
}

function keyOf({ n, file }: RoomFile): string {
  return `${n} ${file.id}`;
}

function without(files: readonly RoomFile[], gone: (file: RoomFile) => boolean): readonly RoomFile[] {
  const left = files.filter((file) => !gone(file));
  return left.length === files.length ? files : left;
}

function withFacts(files: readonly RoomFile[], event: Event): readonly RoomFile[] {
  const change = fileChange(event);
  const isIt = ({ n, file }: RoomFile) => n === change?.n && file.id === change.id;
  if (change === null || !files.some(isIt)) return files;
  return files.map((one) => (isIt(one) ? { ...one, file: fileWith(one.file, change.facts) } : one));
}
