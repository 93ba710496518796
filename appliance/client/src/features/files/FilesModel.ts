/**
 * What the views of files draw from: small pictures as addresses of this page, and what is being listened to.
 *
 * Rules: a small picture is asked for when something shows it and no longer when nothing does; those that nothing shows
 * any more are kept for a while, so that scrolling back has them at once. What has failed is asked for again when the line
 * is back. Everything is let go when the session ends.
 */
import type { Core } from "#core/index";
import type { WantedThumb } from "#core/fileCache";
import type { Id } from "#core/protocol";
import { Store, type Readable } from "#core/store";
import type { PicturesPort, SoundsPort } from "#platform/media";

import { Playback } from "./Playback";
import type { CanPlay } from "./sources";

export type Thumb = { readonly kind: "waiting" | "failed" } | { readonly kind: "shown"; readonly address: string };

const WAITING: Thumb = { kind: "waiting" };
/** So many are kept that nothing shows. */
export const KEPT_UNSEEN = 200;

interface Entry {
  readonly wanted: WantedThumb;
  readonly type: string;
  readonly store: Store<Thumb>;
  readonly readable: Readable<Thumb>;
  seen: number;
  abort: AbortController | null;
}

export class FilesModel {
  readonly playback: Playback;
  readonly canPlay: CanPlay;
  /** In the order in which they were last let go of. */
  readonly #thumbs = new Map<string, Entry>();

  constructor(
    private readonly core: Pick<Core, "connection" | "fileCache" | "fileUrl" | "session">,
    private readonly pictures: PicturesPort,
    sounds: SoundsPort,
  ) {
    this.playback = new Playback(sounds);
    this.canPlay = (type) => sounds.canPlay(type);
    core.session.subscribe(() => {
      if (core.session.snapshot().kind !== "signed_in") this.#clear();
    });
    core.connection.subscribe(() => {
      if (core.connection.snapshot().kind === "online") this.#retry();
    });
  }

  readonly addressOf = (id: Id): string => this.core.fileUrl(id);

  /** The small picture, which is fetched while somebody listens. */
  thumb(wanted: WantedThumb, type: string): Readable<Thumb> {
    const key = keyOf(wanted);
    const known = this.#thumbs.get(key);
    if (known !== undefined) return known.readable;
    const store = new Store<Thumb>(WAITING);
    const entry: Entry = {
      wanted,
      type,
      store,
      seen: 0,
      abort: null,
      readable: {
        snapshot: store.snapshot,
        subscribe: (listener) => {
          const stop = store.subscribe(listener);
          this.#show(key, entry);
          return () => {
            stop();
            this.#hide(key, entry);
          };
        },
      },
    };
    this.#thumbs.set(key, entry);
    return entry.readable;
  }

  /** Asks once more for those on the screen that have failed. */
  #retry(): void {
    for (const entry of [...this.#thumbs.values()]) {
      if (entry.seen === 0 || entry.store.snapshot().kind !== "failed") continue;
      entry.store.set(WAITING);
      void this.#load(entry);
    }
  }

  #show(key: string, entry: Entry): void {
    entry.seen += 1;
    // It may have been let go of, or the session has begun anew, while a view still held on to it.
    this.#thumbs.set(key, entry);
    if (entry.abort === null && entry.store.snapshot().kind !== "shown") void this.#load(entry);
  }

  #hide(key: string, entry: Entry): void {
    entry.seen -= 1;
    if (entry.seen > 0) return;
    entry.abort?.abort();
    entry.abort = null;
    this.#thumbs.delete(key);
    if (entry.store.snapshot().kind !== "shown") return entry.store.set(WAITING);
    this.#thumbs.set(key, entry);
    const unseen = [...this.#thumbs].filter(([, { seen }]) => seen === 0);
    for (const [old, one] of unseen.slice(0, Math.max(0, unseen.length - KEPT_UNSEEN))) this.#free(old, one);
  }

  async #load(entry: Entry): Promise<void> {
    const abort = new AbortController();
    entry.abort = abort;
    try {
      const bytes = await this.core.fileCache.thumb(entry.wanted, abort.signal);
      if (entry.abort === abort && entry.seen > 0) entry.store.set({ kind: "shown", address: this.pictures.make(bytes, entry.type) });
    } catch {
      if (entry.abort === abort && entry.seen > 0) entry.store.set({ kind: "failed" });
    } finally {
      if (entry.abort === abort) entry.abort = null;
    }
  }

  #free(key: string, entry: Entry): void {
    const thumb = entry.store.snapshot();
    this.#thumbs.delete(key);
    entry.abort?.abort();
    entry.abort = null;
    if (thumb.kind === "shown") this.pictures.free(thumb.address);
    entry.store.set(WAITING);
  }

  #clear(): void {
    this.playback.clear();
    for (const [key, entry] of [...this.#thumbs]) this.#free(key, entry);
  }
}

function keyOf({ room, id }: WantedThumb): string {
  return `${room} ${id}`;
}
