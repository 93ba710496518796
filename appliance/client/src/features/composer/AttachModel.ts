/**
 * What is attached to what is being written in one room (C15): files that were chosen, pasted or dropped, and recordings.
 *
 * Rules: a file is looked at here first, so that the room keeps the place of its picture; sending waits for that. What is
 * refused is said with its reason and never silently left out. What a screen reader is told is few: that files were
 * attached or taken out, that one failed, that all are ready; never how far each is.
 */
import { Attempt } from "#core/attempt";
import { derived } from "#core/derived";
import type { Failure } from "#core/failure";
import type { Core, NotAttached } from "#core/index";
import type { LocalFile } from "#core/ports";
import type { Me } from "#core/protocol";
import type { Attachment, RoomId, UploadId } from "#core/snapshots";
import { type Readable, Store } from "#core/store";

export interface AttachSnapshot {
  readonly files: readonly Attachment[];
  /** So many are being looked at. */
  readonly reading: number;
  /** What was not attached when files were last added. */
  readonly refused: readonly NotAttached[];
}

export type AttachNews =
  | { readonly kind: "attached"; readonly count: number }
  | { readonly kind: "removed"; readonly name: string }
  | { readonly kind: "failed"; readonly name: string; readonly failure: Failure | null }
  | { readonly kind: "missing"; readonly name: string }
  | { readonly kind: "ready" };

/** A file that was chosen: looking at it takes a moment. */
export interface Chosen {
  readonly name: string;
  readonly read: () => Promise<LocalFile>;
}

export class AttachModel implements Readable<AttachSnapshot> {
  readonly snapshot: () => AttachSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  readonly attempt = new Attempt();
  /** What a screen reader is to say next; `turn` grows with each. */
  readonly news = new Store<{ readonly turn: number; readonly said: AttachNews | null }>({ turn: 0, said: null });
  readonly #attachments: ReturnType<Core["attachments"]>;
  readonly #uploads: Core["uploads"];
  readonly #reading = new Store(0);
  readonly #refused = new Store<readonly NotAttached[]>([]);
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly core: Core,
    readonly room: RoomId,
  ) {
    this.#attachments = core.attachments(room);
    this.#uploads = core.uploads;
    const joined = derived([this.#attachments, this.#reading, this.#refused], () => ({
      files: this.#attachments.snapshot(),
      reading: this.#reading.snapshot(),
      refused: this.#refused.snapshot(),
    }));
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  /** Tells of what becomes of the files while somebody looks; the function it returns ends that. */
  watch(): () => void {
    let before = this.#attachments.snapshot();
    return this.#attachments.subscribe(() => {
      const after = this.#attachments.snapshot();
      const said = newsBetween(before, after);
      before = after;
      if (said !== null) this.#tell(said);
    });
  }

  /** Looks at files and attaches them in their order; `left` are already known not to go. True when something was attached. */
  async add(chosen: readonly Chosen[], left: readonly NotAttached[] = []): Promise<boolean> {
    this.#reading.update((count) => count + chosen.length);
    this.#refused.set(left);
    let attached = 0;
    for (const one of chosen) if (await this.#inTurn(() => this.#addOne(one))) attached += 1;
    if (attached > 0) this.#tell({ kind: "attached", count: attached });
    return attached > 0;
  }

  /** Resolves when nothing is being looked at any more. */
  async settled(): Promise<void> {
    while (this.#reading.snapshot() > 0) await this.#last;
  }

  readonly remove = (id: UploadId): void => {
    const name = this.#attachments.snapshot().find((file) => file.id === id)?.name ?? "";
    void this.attempt.run(() => this.#attachments.remove(id), `remove ${id}`).then((done) => done && this.#tell({ kind: "removed", name }));
  };

  /** A file whose bytes this device has lost; one that is not the same is attached as another. */
  readonly chooseAgain = (id: UploadId, file: LocalFile): void => {
    const work = async () => {
      if (!(await this.#uploads.chooseAgain(id, file))) this.#refuse([{ name: file.name, code: "file_not_same" }]);
    };
    void this.attempt.run(work, `choose ${id}`);
  };

  readonly pause = (id: UploadId): void => void this.attempt.run(() => this.#uploads.pause(id), `pause ${id}`);
  readonly resume = (id: UploadId): void => void this.attempt.run(() => this.#uploads.resume(id), `resume ${id}`);
  readonly retry = (id: UploadId): void => void this.attempt.run(() => this.#uploads.retry(id), `retry ${id}`);
  readonly setOriginal = (id: UploadId, on: boolean): void => void this.attempt.run(() => this.#uploads.setOriginal(id, on), `original ${id}`);
  readonly localOf = (id: UploadId): LocalFile | null => this.#uploads.fileOf(id);
  readonly bytesOf = (id: UploadId): Promise<Blob | null> => this.#uploads.bytes(id);
  readonly addressOf = (remote: string): string => this.core.fileUrl(remote);
  /** What the server has told of its limits, as far as it is known. */
  readonly limits = (): Me["files"] | undefined => {
    const session = this.core.session.snapshot();
    return session.kind === "signed_in" ? (session.me as Partial<Me>).files : undefined;
  };
  readonly forgetRefused = (): void => this.#refused.set([]);

  async #addOne(chosen: Chosen): Promise<boolean> {
    const file = await chosen.read().catch(() => null);
    let attached = false;
    if (file === null) this.#refuse([{ name: chosen.name, code: "file_unreadable" }]);
    else {
      await this.attempt.run(async () => {
        const refused = await this.#attachments.add([file], isRecorded(file) ? { form: "voice" } : {});
        this.#refuse(refused);
        attached = refused.length === 0;
      }, "add");
    }
    this.#reading.update((count) => count - 1);
    return attached;
  }

  #refuse(refused: readonly NotAttached[]): void {
    if (refused.length > 0) this.#refused.update((before) => [...before, ...refused]);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  #tell(said: AttachNews): void {
    this.news.update(({ turn }) => ({ turn: turn + 1, said }));
  }
}

/** A recording of the composer has its levels with it. */
function isRecorded(file: LocalFile): boolean {
  return "levels" in file && file.levels !== null;
}

/** The one thing worth saying of a change, or null. */
export function newsBetween(before: readonly Attachment[], after: readonly Attachment[]): AttachNews | null {
  const was = new Map(before.map((file) => [file.id, file.state]));
  const changed = after.filter(({ id, state }) => was.has(id) && was.get(id) !== state);
  const failed = changed.find(({ state }) => state === "failed");
  if (failed !== undefined) return { kind: "failed", name: failed.name, failure: failed.failure };
  const missing = changed.find(({ state }) => state === "missing");
  if (missing !== undefined) return { kind: "missing", name: missing.name };
  const all = after.length > 0 && after.every(({ state }) => state === "ready");
  return all && changed.length > 0 ? { kind: "ready" } : null;
}
