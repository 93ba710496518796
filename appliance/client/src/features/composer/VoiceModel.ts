/**
 * Recording a voice message in one room (C14): what is finished is attached to the draft, where it can be listened to,
 * deleted and sent as any file.
 *
 * Rules: whoever leaves the room takes no running microphone with them, and loses nothing: the recording ends there and
 * waits in the draft. Deleting what was said asks first, unless it is no more than a slip.
 */
import { derived } from "#core/derived";
import type { LocalFile } from "#core/ports";
import type { Recorder, RecorderState, Recording } from "#core/recorder";
import type { RoomId } from "#core/snapshots";
import { type Readable, Store } from "#core/store";

import type { AttachModel } from "./AttachModel";

export interface VoiceSnapshot {
  readonly recorder: RecorderState;
  /** Whoever recorded is asked whether to delete it. */
  readonly asking: boolean;
}

/** What is shorter was not meant. */
const SLIP_S = 2;
const IDLE: RecorderState = { kind: "idle" };

export class VoiceModel implements Readable<VoiceSnapshot> {
  readonly snapshot: () => VoiceSnapshot;
  readonly subscribe: (listener: () => void) => () => void;
  readonly #asking = new Store(false);

  constructor(
    private readonly recorder: Recorder,
    private readonly attach: AttachModel,
    private readonly room: RoomId,
    /** Makes a file of a recording, with its name. */
    private readonly fileOf: (recording: Recording) => LocalFile,
  ) {
    const joined = derived([recorder, this.#asking], () => ({ recorder: this.#ours(), asking: this.#asking.snapshot() }));
    this.snapshot = joined.snapshot;
    this.subscribe = joined.subscribe;
  }

  readonly start = (): void => void this.recorder.start(this.room);
  readonly pause = (): void => this.recorder.pause();
  readonly resume = (): void => this.recorder.resume();

  /** Ends the recording and attaches it; true when there is something to listen to. */
  readonly keep = async (): Promise<boolean> => {
    const recording = await this.recorder.finish();
    if (recording === null) return false;
    const file = this.fileOf(recording);
    return await this.attach.add([{ name: file.name, read: () => Promise.resolve(file) }]);
  };

  /** Deletes the recording, or takes off the screen why there is none; asks first where something was said, and it rests meanwhile. */
  readonly discard = (): void => {
    const now = this.#ours();
    if (!("seconds" in now) || now.seconds < SLIP_S) return this.#throwAway();
    this.recorder.pause();
    this.#asking.set(true);
  };

  readonly discardAnyway = (): void => this.#throwAway();
  /** Goes back to the recording, which still rests. */
  readonly keepRecording = (): void => this.#asking.set(false);

  /** The room is left. */
  readonly leave = (): void => {
    const { kind } = this.#ours();
    if (kind === "asking" || kind === "refused") this.recorder.cancel();
    else if (kind !== "idle") void this.keep();
    this.#asking.set(false);
  };

  #throwAway(): void {
    this.#asking.set(false);
    if (this.#ours().kind !== "idle") this.recorder.cancel();
  }

  #ours(): RecorderState {
    const now = this.recorder.snapshot();
    return now.kind !== "idle" && now.room === this.room ? now : IDLE;
  }
}
