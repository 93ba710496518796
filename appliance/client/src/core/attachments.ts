/**
 * What is attached to the draft of one room, for the view that writes there.
 *
 * Owns the order: as attached. Which files there are the draft says, how far each is `uploads.ts`. A file that the rules
 * refuse (`rules.ts`) is not attached, and its reason is answered.
 */

import { derived } from "./derived";
import { type Drafts, filesOf } from "./drafts";
import { formOf, mediaType } from "./fileForms";
import type { LocalFile } from "./ports";
import type { Form } from "./protocol";
import { MAX_FILES } from "./rules";
import type { Attachment, RoomId, UploadId } from "./snapshots";
import type { Readable } from "./store";
import type { Uploads } from "./uploads";

export interface AttachOptions {
  /** Where the files are of a form that their type does not say: a recording is a `voice`. */
  readonly form?: Form;
  /** As the device wrote them, with whatever they say of place and device. */
  readonly original?: boolean;
}

/** A file that was not attached, by its name, and why. */
export interface NotAttached {
  readonly name: string;
  readonly code: string;
}

export class Attachments implements Readable<readonly Attachment[]> {
  readonly snapshot: () => readonly Attachment[];
  readonly subscribe: (listener: () => void) => () => void;

  constructor(
    private readonly room: RoomId,
    private readonly drafts: Drafts,
    private readonly uploads: Uploads,
    /** Why a file may not be sent here; null when it may. */
    private readonly denied: (room: RoomId, file: LocalFile) => string | null,
  ) {
    const draft = drafts.draft(room);
    let shown: readonly Attachment[] = [];
    const now = derived([draft, uploads.list], () => {
      const fresh = uploads.of(filesOf(draft.snapshot()));
      const same = fresh.length === shown.length && fresh.every((one, i) => one === shown[i]);
      shown = same ? shown : fresh;
      return shown;
    });
    this.snapshot = now.snapshot;
    this.subscribe = now.subscribe;
  }

  /**
   * Attaches files, and answers which were not and why. One that takes the place of a `missing` file, by name and size,
   * goes on where that one stopped. Rejects when this device cannot keep the draft.
   */
  async add(files: readonly LocalFile[], { form, original = false }: AttachOptions = {}): Promise<readonly NotAttached[]> {
    const refused: NotAttached[] = [];
    const wanted: LocalFile[] = [];
    for (const file of files) {
      const missing = this.snapshot().find(({ state, name, size }) => state === "missing" && name === file.name && size === file.size);
      if (missing !== undefined && (await this.uploads.chooseAgain(missing.id, file))) continue;
      const full = this.snapshot().length + wanted.length >= MAX_FILES;
      const code = full ? "too_many_files" : this.denied(this.room, file);
      if (code === null) wanted.push(file);
      else refused.push({ name: file.name, code });
    }
    if (wanted.length > 0) {
      const asked = wanted.map((file) => ({ file, form: form ?? formOf(mediaType(file.type)), original }));
      await this.uploads.add(this.room, asked, (ids) => this.drafts.carrying(this.room, (now) => [...now, ...ids]));
    }
    return refused;
  }

  /** Takes a file out of the draft; at the server too, once it can be reached. */
  async remove(id: UploadId): Promise<void> {
    await this.uploads.remove(id, () => this.drafts.carrying(this.room, (now) => now.filter((other) => other !== id)));
  }

  readonly pause = (id: UploadId): Promise<void> => this.uploads.pause(id);
  readonly resume = (id: UploadId): Promise<void> => this.uploads.resume(id);
  readonly retry = (id: UploadId): Promise<void> => this.uploads.retry(id);
  readonly setOriginal = (id: UploadId, on: boolean): Promise<void> => this.uploads.setOriginal(id, on);
}
