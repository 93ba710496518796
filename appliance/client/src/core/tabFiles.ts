/**
 * What the tabs of this browser have of files on their way: whose bytes they can read from the file that was chosen there,
 * which they are sending, and which they would send if they could.
 *
 * Owns what this tab has and what the others have told; not what is kept of a file (`uploads.ts`).
 */

import type { LocalFile } from "./ports";
import type { Cut, UploadId } from "./snapshots";

/** What one tab has, for every other tab. */
export interface TabFiles {
  readonly tab: string;
  readonly held: readonly UploadId[];
  readonly active: readonly UploadId[];
  /** What waits to be tried again, and for what. */
  readonly cut: Readonly<Record<UploadId, Cut>>;
}

export class FilesOfTabs {
  readonly #files = new Map<UploadId, LocalFile>();
  readonly #active = new Set<UploadId>();
  #cut: ReadonlyMap<UploadId, Cut> = new Map();
  readonly #others = new Map<string, TabFiles>();

  constructor(private readonly tab: string) {}

  /** What this tab has. */
  mine(): TabFiles {
    return { tab: this.tab, held: [...this.#files.keys()], active: [...this.#active], cut: Object.fromEntries(this.#cut) };
  }

  fileOf(id: UploadId): LocalFile | null {
    return this.#files.get(id) ?? null;
  }

  hold(id: UploadId, file: LocalFile): void {
    this.#files.set(id, file);
  }

  letGo(id: UploadId): void {
    this.#files.delete(id);
  }

  drop(id: UploadId): void {
    this.#files.delete(id);
    this.#active.delete(id);
  }

  /** Whether this tab is sending it now; false when that was so before. */
  setActive(id: UploadId, active: boolean): boolean {
    if (this.#active.has(id) === active) return false;
    if (active) this.#active.add(id);
    else this.#active.delete(id);
    return true;
  }

  /** What this tab cannot send for now; false when that was so before. */
  setCut(cut: ReadonlyMap<UploadId, Cut>): boolean {
    if (cut.size === this.#cut.size && [...cut].every(([id, why]) => this.#cut.get(id) === why)) return false;
    this.#cut = cut;
    return true;
  }

  isActiveHere(id: UploadId): boolean {
    return this.#active.has(id);
  }

  /** Whether some tab can read the file that was chosen. */
  isHeld(id: UploadId): boolean {
    return this.#all().some(({ held }) => held.includes(id));
  }

  isActive(id: UploadId): boolean {
    return this.#all().some(({ active }) => active.includes(id));
  }

  cutOf(id: UploadId): Cut | null {
    for (const { cut } of this.#all()) if (Object.hasOwn(cut, id)) return cut[id] ?? null;
    return null;
  }

  #all(): readonly TabFiles[] {
    return [this.mine(), ...this.#others.values()];
  }

  follow(files: TabFiles): void {
    this.#others.set(files.tab, files);
  }

  forgetOthers(): void {
    this.#others.clear();
  }

  clear(): void {
    for (const one of [this.#files, this.#active, this.#others]) one.clear();
    this.#cut = new Map();
  }
}
