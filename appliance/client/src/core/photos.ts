/**
 * The photographs of people's cards (F17): where each is; the reader's own: chosen, waiting for a moderator, removed; and
 * those of others that wait for the reader's judgement.
 *
 * A picture is uploaded without a room, and the server is asked to make it the photograph until it has prepared it. Keeps
 * nothing: the browser keeps what it was shown for a day, by the name that the card has.
 */

import { type Api, PREFIX } from "./api";
import type { Endpoints } from "./endpoints";
import { CallError } from "./errors";
import { Line } from "./parts";
import type { LocalFile, TimePort } from "./ports";
import type { Event, Id, OwnPhoto, PhotoJudgement, PhotosToJudge } from "./protocol";
import type { PersonId } from "./snapshots";
import { type Readable, Store } from "./store";
import { sendByTus } from "./tus";

const NOT_READY = "photo_not_ready";
const AGAIN_MS = 1_000;
/** A scan may take half a minute (`files.scan_wait_s`). */
const TRIES = 60;

/** Where a photograph is that a card names; `size` in pixels of each side. */
export function photoUrl(person: PersonId, photo: Id, size: number): string {
  return `${PREFIX}/people/${encodeURIComponent(person)}/photo?size=${size}&of=${encodeURIComponent(photo)}`;
}

/** Where a photograph is that waits for a moderator: one's own, or one to judge. */
export function waitingUrl(person: PersonId, photo: Id): string {
  return `${photoUrl(person, photo, 512)}&waiting=true`;
}

export class Photos {
  readonly #changes = new Store(0);

  constructor(
    private readonly time: TimePort,
    private readonly api: Api,
    private readonly endpoints: Pick<Endpoints, "ownPhoto" | "choosePhoto" | "removePhoto" | "photosToJudge" | "judgePhoto" | "deleteUpload">,
  ) {}

  /** Counts what the server tells of changes: of our own, or of those that wait for us. */
  get changes(): Readable<number> {
    return this.#changes;
  }

  /** Returns whether ours or those that wait for us have changed. */
  onEvents(events: readonly Event[]): boolean {
    const changed = events.some(({ type }) => type === "photo");
    if (changed) this.#changes.update((count) => count + 1);
    return changed;
  }

  toJudge(): Promise<PhotosToJudge> {
    return this.endpoints.photosToJudge();
  }

  async judge(person: PersonId, judgement: PhotoJudgement): Promise<void> {
    await this.endpoints.judgePhoto(person, judgement);
  }

  own(): Promise<OwnPhoto> {
    return this.endpoints.ownPhoto();
  }

  async remove(): Promise<OwnPhoto> {
    await this.endpoints.removePhoto();
    return await this.endpoints.ownPhoto();
  }

  /** Makes a picture the photograph. Rejects with CallError; `signal` ends it. */
  async choose(file: LocalFile, signal: AbortSignal): Promise<OwnPhoto> {
    const upload = await this.#upload(file, signal);
    try {
      return await this.#ask(upload, signal);
    } catch (error) {
      // What came of it nobody needs any more; the server deletes it by itself within a day.
      void this.endpoints.deleteUpload(upload).catch(() => undefined);
      throw error;
    }
  }

  async #upload(file: LocalFile, signal: AbortSignal): Promise<Id> {
    const made: Id[] = [];
    const job = {
      size: file.size,
      metadata: { name: file.name, type: file.type, form: "picture" },
      remote: null,
      read: async (start: number, stop: number) => new Uint8Array(await file.slice(start, stop)),
      begun: (remote: Id) => {
        made.push(remote);
        return Promise.resolve();
      },
      acknowledged: () => Promise.resolve(),
    };
    await sendByTus(this.api, new Line(this.time), job, signal);
    const [remote] = made;
    if (remote === undefined) throw CallError.offline();
    return remote;
  }

  async #ask(upload: Id, signal: AbortSignal): Promise<OwnPhoto> {
    for (let left = TRIES; ; left -= 1) {
      signal.throwIfAborted();
      try {
        return await this.endpoints.choosePhoto({ upload });
      } catch (error) {
        if (left === 1 || !(error instanceof CallError) || error.code !== NOT_READY) throw error;
      }
      await new Promise<void>((resolve) => this.time.setTimeout(resolve, AGAIN_MS));
    }
  }
}
