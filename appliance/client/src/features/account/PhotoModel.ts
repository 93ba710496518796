/** The reader's own photograph: what there is of it, and the picture they have chosen and not sent yet (F17). */
import { Attempt } from "#core/attempt";
import type { Core } from "#core/index";
import type { LocalFile } from "#core/ports";
import type { OwnPhoto } from "#core/protocol";
import { type Readable, Store } from "#core/store";

/** Bytes of a picture that the server takes for a card (appliance/rules/portraits.py). */
export const LARGEST_PHOTO = 10_000_000;

export interface ChosenPhoto extends LocalFile {
  readonly blob: Blob;
}

export interface PhotoSnapshot {
  /** Null until the server has said it. */
  readonly own: OwnPhoto | null;
  readonly chosen: ChosenPhoto | null;
  /** The chosen file is larger than what is taken. */
  readonly tooLarge: boolean;
}

/** What was called off is no failure. */
const unlessCancelled =
  (signal: AbortSignal) =>
  (error: unknown): null => {
    if (signal.aborted) return null;
    throw error;
  };

export class PhotoModel implements Readable<PhotoSnapshot> {
  readonly attempt = new Attempt();
  readonly #state = new Store<PhotoSnapshot>({ own: null, chosen: null, tooLarge: false });
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;
  #stop = new AbortController();

  constructor(private readonly core: Pick<Core, "photos" | "people">) {}

  readonly load = (): Promise<boolean> => this.attempt.run(async () => this.#show(await this.core.photos.own()), "load");

  readonly choose = (file: ChosenPhoto): void => {
    this.attempt.clear();
    const tooLarge = file.size > LARGEST_PHOTO;
    this.#state.update((state) => ({ ...state, chosen: tooLarge ? null : file, tooLarge }));
  };

  /** Lets go of what was chosen, even while it is sent. */
  readonly cancel = (): void => {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.attempt.clear();
    this.#state.update((state) => ({ ...state, chosen: null, tooLarge: false }));
  };

  /** Sends the chosen picture; it stays chosen where that fails. */
  readonly send = (person: string): Promise<boolean> =>
    this.attempt.run(async () => {
      const { chosen } = this.#state.snapshot();
      const { signal } = this.#stop;
      if (chosen === null) return;
      const own = await this.core.photos.choose(chosen, signal).catch(unlessCancelled(signal));
      if (own === null) return;
      this.#show(own);
      this.#state.update((state) => ({ ...state, chosen: null }));
      await this.core.people.load(person);
    }, "send");

  readonly remove = (person: string): Promise<boolean> =>
    this.attempt.run(async () => {
      this.#show(await this.core.photos.remove());
      await this.core.people.load(person);
    }, "remove");

  /** The page is open: what a moderator decides meanwhile shows at once. Returns how to leave it, which ends what is under way. */
  readonly open = (): (() => void) => {
    void this.load();
    const end = this.core.photos.changes.subscribe(() => void this.load());
    return () => {
      end();
      this.cancel();
    };
  };

  #show(own: OwnPhoto): void {
    this.#state.update((state) => ({ ...state, own }));
  }
}
