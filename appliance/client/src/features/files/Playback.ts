/**
 * What is being listened to: one sound at a time, in the whole client.
 *
 * Owns the place in each sound, for as long as the page lives, and the speed, which is the same for all. A sound goes on
 * while the reader scrolls away from its message; leaving the room pauses it, since nothing on the screen would stop it
 * then. What stands in the timeline draws from here and can come and go.
 */
import { Store, type Readable } from "#core/store";
import type { Sound, SoundsPort } from "#platform/media";

export const RATES = [1, 1.5, 2] as const;
export type Rate = (typeof RATES)[number];

export interface PlaybackState {
  /** The file that is or was being listened to last. */
  readonly id: string | null;
  readonly playing: boolean;
  /** The last one could not be played. */
  readonly failed: boolean;
  readonly rate: Rate;
  /** Seconds from the beginning, by file; those that are not in it stand at their beginning. */
  readonly positions: ReadonlyMap<string, number>;
}

const SILENT: PlaybackState = { id: null, playing: false, failed: false, rate: 1, positions: new Map() };

export class Playback implements Readable<PlaybackState> {
  readonly #state = new Store<PlaybackState>(SILENT);
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;
  #sound: Sound | null = null;

  constructor(private readonly sounds: SoundsPort) {}

  /** Plays or pauses; another sound is paused, and keeps its place. */
  toggle(id: string, address: string): void {
    const { playing, id: current } = this.#state.snapshot();
    if (current === id && playing) return this.pause();
    if (current !== id || this.#sound === null || this.#state.snapshot().failed) this.#open(id, address);
    this.#sound?.play();
  }

  pause(): void {
    this.#sound?.pause();
  }

  /** Goes to a place in a sound, whether it is playing or not. */
  seek(id: string, seconds: number): void {
    this.#place(id, Math.max(0, seconds));
    if (this.#state.snapshot().id === id) this.#sound?.seek(Math.max(0, seconds));
  }

  /** The next speed, after the last the first again. */
  changeRate(): void {
    const now = this.#state.snapshot().rate;
    const rate = RATES[(RATES.indexOf(now) + 1) % RATES.length] ?? 1;
    this.#change({ rate });
    this.#sound?.setRate(rate);
  }

  /** Forgets everything: the session is over. */
  clear(): void {
    this.#sound?.close();
    this.#sound = null;
    this.#state.set(SILENT);
  }

  #open(id: string, address: string): void {
    this.#sound?.close();
    this.#change({ id, playing: false, failed: false });
    const sound = this.sounds.open(address, {
      onTime: (position) => this.#place(id, position),
      onPlaying: (playing) => this.#change({ playing }),
      onEnded: () => {
        this.#place(id, 0);
        sound.seek(0);
        this.#change({ playing: false });
      },
      onFailed: () => this.#change({ playing: false, failed: true }),
    });
    this.#sound = sound;
    const { rate, positions } = this.#state.snapshot();
    sound.setRate(rate);
    const place = positions.get(id) ?? 0;
    if (place > 0) sound.seek(place);
  }

  #place(id: string, seconds: number): void {
    this.#change({ positions: new Map(this.#state.snapshot().positions).set(id, seconds) });
  }

  #change(change: Partial<PlaybackState>): void {
    this.#state.update((state) => ({ ...state, ...change }));
  }
}
