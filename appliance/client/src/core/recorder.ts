/**
 * A voice message being recorded (C14): one at a time, for one room.
 *
 * Rules: only pressing begins a recording, and nothing but pressing throws it away: where the device or the longest length
 * ends it, what was said stays and is kept or deleted by its author. Whoever goes to another room takes no running
 * microphone with them: the caller finishes the recording and keeps it. Length is counted while sound is taken, without
 * the pauses. Knows no browser: the microphone is a port.
 */
import type { TimePort, TimerId } from "./ports";
import type { RoomId } from "./snapshots";
import { Store, type Readable } from "./store";

/** Why no sound can be recorded. `insecure`: the address has no TLS. `busy`: another program has the microphone. */
export type MicrophoneRefusal = "denied" | "none" | "busy" | "insecure" | "unsupported";

export class MicrophoneRefused extends Error {
  constructor(readonly why: MicrophoneRefusal) {
    super(why);
  }
}

/** A recording under way, as a device gives it. */
export interface Take {
  /** Media type of the bytes, without parameters. */
  readonly type: string;
  pause(): void;
  resume(): void;
  /** How loud it is now, from 0 to 1. */
  level(): number;
  /** Ends the recording and lets go of the microphone; all that was taken. Safe to call when the device has ended it. */
  stop(): Promise<Blob>;
  /** Lets go of the microphone; what was taken is gone. */
  cancel(): void;
}

export interface MicrophonePort {
  /** Asks the person and begins. `ended` is called when the device stops by itself. Rejects with `MicrophoneRefused`. */
  open(ended: () => void): Promise<Take>;
}

/** A finished recording. `levels` has `WAVE` values from 0 to 100. */
export interface Recording {
  readonly room: RoomId;
  readonly data: Blob;
  readonly type: string;
  readonly seconds: number;
  readonly levels: readonly number[];
}

export interface Running {
  readonly kind: "recording" | "paused" | "over" | "ending";
  readonly room: RoomId;
  readonly seconds: number;
  /** The last `SHOWN` levels, from 0 to 100, the newest last. */
  readonly levels: readonly number[];
  /** Nothing has been heard yet, though there was time for it. */
  readonly silent: boolean;
  /** What ended it, when nobody pressed. */
  readonly ended: "length" | "device" | null;
}

export type RecorderState =
  | { readonly kind: "idle" }
  | { readonly kind: "asking"; readonly room: RoomId }
  | { readonly kind: "refused"; readonly room: RoomId; readonly why: MicrophoneRefusal }
  | Running;

/** A recording ends by itself at this length. */
export const LONGEST_S = 30 * 60;
/** From here on the person is told how much is left. */
export const ENDING_S = LONGEST_S - 60;
/** Bars of a finished recording, as many as the server's waveform has. */
export const WAVE = 100;
const SHOWN = 60;
const TICK_MS = 100;
const SILENT_AFTER_S = 5;
/** What a microphone that hears nothing still gives. */
const NOISE = 3;
const IDLE: RecorderState = { kind: "idle" };

export class Recorder implements Readable<RecorderState> {
  readonly #state = new Store<RecorderState>(IDLE);
  readonly snapshot = this.#state.snapshot;
  readonly subscribe = this.#state.subscribe;
  #take: Take | null = null;
  #levels: number[] = [];
  /** Milliseconds taken before the last pause. */
  #taken = 0;
  #since = 0;
  #timer: TimerId | null = null;
  /** Grows with each start and end: an answer that comes late belongs to another one. */
  #turn = 0;

  constructor(
    private readonly microphone: MicrophonePort,
    private readonly time: TimePort,
  ) {}

  /** Asks for the microphone and begins; does nothing while a recording is there. */
  async start(room: RoomId): Promise<void> {
    const { kind } = this.#state.snapshot();
    if (kind !== "idle" && kind !== "refused") return;
    const turn = (this.#turn += 1);
    this.#state.set({ kind: "asking", room });
    try {
      const take = await this.microphone.open(() => this.#onEnded(turn));
      if (this.#turn !== turn) return take.cancel();
      this.#begin(room, take);
    } catch (error) {
      if (this.#turn !== turn) return;
      this.#state.set({ kind: "refused", room, why: error instanceof MicrophoneRefused ? error.why : "unsupported" });
    }
  }

  readonly pause = (): void => {
    const now = this.#running("recording");
    if (now === null) return;
    this.#take?.pause();
    this.#stopCounting();
    this.#state.set({ ...now, kind: "paused", seconds: this.#seconds() });
  };

  readonly resume = (): void => {
    const now = this.#running("paused");
    if (now === null) return;
    this.#take?.resume();
    this.#since = this.time.now();
    this.#state.set({ ...now, kind: "recording" });
    this.#tickLater();
  };

  /** Ends and hands over what was said; null when there was nothing, or it was thrown away meanwhile. */
  async finish(): Promise<Recording | null> {
    const now = this.#running("recording", "paused", "over");
    const take = this.#take;
    if (now === null || take === null) return null;
    const turn = this.#turn;
    this.#stopCounting();
    this.#state.set({ ...now, kind: "ending", seconds: this.#seconds() });
    const recording = { room: now.room, type: take.type, seconds: this.#seconds(), levels: waveOf(this.#levels, WAVE) };
    try {
      const data = await take.stop();
      return this.#turn === turn && data.size > 0 ? { ...recording, data } : null;
    } finally {
      if (this.#turn === turn) this.#forget();
    }
  }

  /** Throws away what there is, or the wait for an answer. */
  readonly cancel = (): void => {
    this.#take?.cancel();
    this.#forget();
  };

  #begin(room: RoomId, take: Take): void {
    this.#take = take;
    this.#levels = [];
    this.#taken = 0;
    this.#since = this.time.now();
    this.#state.set({ kind: "recording", room, seconds: 0, levels: [], silent: false, ended: null });
    this.#tickLater();
  }

  readonly #tick = (): void => {
    const now = this.#running("recording");
    if (now === null || this.#take === null) return;
    const level = Math.round(100 * Math.min(1, Math.max(0, this.#take.level())));
    this.#levels.push(level);
    const seconds = this.#seconds();
    const silent = seconds >= SILENT_AFTER_S && (now.silent || now.seconds < SILENT_AFTER_S) && Math.max(...this.#levels.slice(-SHOWN)) <= NOISE;
    this.#state.set({ ...now, seconds, levels: this.#levels.slice(-SHOWN), silent });
    if (seconds >= LONGEST_S) this.#end("length");
    else this.#tickLater();
  };

  #onEnded(turn: number): void {
    if (turn === this.#turn && this.#running("recording", "paused") !== null) this.#end("device");
  }

  #end(why: "length" | "device"): void {
    const now = this.#running("recording", "paused");
    if (now === null) return;
    this.#stopCounting();
    // Nobody is recorded any longer than it shows.
    void this.#take?.stop();
    this.#state.set({ ...now, kind: "over", seconds: this.#seconds(), ended: why });
  }

  #running(...kinds: readonly Running["kind"][]): Running | null {
    const now = this.#state.snapshot();
    return "seconds" in now && kinds.includes(now.kind) ? now : null;
  }

  #seconds(): number {
    const running = this.#timer === null ? 0 : Math.max(0, this.time.now() - this.#since);
    return Math.min(LONGEST_S, (this.#taken + running) / 1_000);
  }

  #tickLater(): void {
    this.#timer = this.time.setTimeout(this.#tick, TICK_MS);
  }

  #stopCounting(): void {
    if (this.#timer === null) return;
    this.#taken = 1_000 * this.#seconds();
    this.time.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #forget(): void {
    this.#stopCounting();
    this.#turn += 1;
    this.#take = null;
    this.#levels = [];
    this.#state.set(IDLE);
  }
}

/** Levels as `bars` bars, each the loudest of its part; fewer levels than bars are spread. */
export function waveOf(levels: readonly number[], bars: number): readonly number[] {
  if (levels.length === 0) return Array.from({ length: bars }, () => 0);
  return Array.from({ length: bars }, (_, bar) => {
    const from = Math.floor((bar * levels.length) / bars);
    const to = Math.max(from + 1, Math.floor(((bar + 1) * levels.length) / bars));
    return levels.slice(from, to).reduce((most, level) => Math.max(most, level), 0);
  });
}
