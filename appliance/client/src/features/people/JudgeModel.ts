/** The profile photographs that wait for the reader's judgement, and why their own was refused (F17). */
import { Attempt } from "#core/attempt";
import { CallError } from "#core/errors";
import type { Core } from "#core/index";
import type { PhotosToJudge, PhotoToJudge } from "#core/protocol";
import { type Readable, Store } from "#core/store";

export interface JudgeSnapshot {
  readonly photos: readonly PhotoToJudge[];
  /** All that wait, listed or not. */
  readonly waiting: number;
  /** Why the reader's own photograph was refused; null where it was not. */
  readonly refused: string | null;
}

const NOTHING: JudgeSnapshot = { photos: [], waiting: 0, refused: null };

export class JudgeModel implements Readable<JudgeSnapshot> {
  readonly attempt = new Attempt();
  readonly reading = new Attempt();
  readonly #state = new Store<JudgeSnapshot>(NOTHING);
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;

  constructor(private readonly core: Pick<Core, "photos">) {}

  /** The list is on the screen, and read again with every change. Returns how to stop. */
  readonly start = (): (() => void) => {
    void this.load();
    return this.core.photos.changes.subscribe(() => void this.load());
  };

  readonly load = (): Promise<boolean> =>
    this.reading.run(async () => {
      const [{ photos, waiting }, own]: [PhotosToJudge, { refused?: string | null }] = await Promise.all([this.core.photos.toJudge(), this.core.photos.own()]);
      this.#state.set({ photos, waiting, refused: own.refused ?? null });
    }, "load");

  /** `reason` is for the person whose photograph is refused; null approves. */
  readonly judge = (one: PhotoToJudge, reason: string | null): Promise<boolean> =>
    this.attempt.run(async () => {
      const words = reason === null ? { outcome: "granted" as const } : { outcome: "refused" as const, reason: reason.trim() };
      try {
        await this.core.photos.judge(one.person, { photo: one.photo, ...words });
      } catch (error) {
        // Somebody else has judged it, or the person has put another in its place: what is listed is of yesterday.
        if (error instanceof CallError && (error.code === "photo_changed" || error.code === "photo_not_found")) void this.load();
        throw error;
      }
      await this.load();
    }, `judge ${one.photo}`);
}
