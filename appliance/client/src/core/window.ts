/**
 * The stretch of a room's log that a timeline shows: rows of consecutive positions, growing at either end.
 *
 * Pure state without I/O: takes pages and live entries, folds what points back, and never has a hole. A page that does
 * not touch what is there replaces it.
 */

import { asEntry, kindOf } from "./entries";
import { fileChange } from "./fileFacts";
import type { Event, FileChanged, Position } from "./protocol";
import type { Range } from "./ranges";
import { erase, fold, isEntry, liveRow, pointsBack, refile, type Row } from "./timelineRows";

export class TimelineWindow {
  #rows = new Map<Position, Row>();
  #range: Range | null = null;

  get range(): Range | null {
    return this.#range;
  }

  row(n: Position): Row | undefined {
    return this.#rows.get(n);
  }

  /** Rows in order; positions without a row of their own (trimmed by the server) are skipped. */
  rows(): Row[] {
    return [...this.#rows.values()].sort((a, b) => (a.event.n ?? 0) - (b.event.n ?? 0));
  }

  clear(): void {
    this.#rows = new Map();
    this.#range = null;
  }

  /** Takes in a page that covers `range`; joined to what is there when they touch, in its place when not. */
  put(rows: readonly Row[], range: Range): void {
    const old = this.#range;
    if (old === null || range[0] > old[1] + 1 || range[1] + 1 < old[0]) {
      this.#rows = new Map();
      this.#range = range;
    } else {
      this.#range = [Math.min(old[0], range[0]), Math.max(old[1], range[1])];
    }
    for (const row of rows) if (typeof row.event.n === "number") this.#rows.set(row.event.n, row);
  }

  /** Applies live entries of the room, and what became known of files; true when something it shows has changed. */
  apply(events: readonly Event[]): boolean {
    let changed = false;
    for (const event of events) {
      const change = fileChange(event);
      if (change !== null) changed = this.#refile(change) || changed;
      if (!isEntry(event)) continue;
      if (this.#range !== null && event.n === this.#range[1] + 1) {
        this.#rows.set(event.n, liveRow(event));
        this.#range = [this.#range[0], event.n];
        changed = true;
      }
      if (pointsBack(event)) changed = this.#fold(event) || changed;
      const gone = kindOf(event).erases(asEntry(event));
      if (gone !== null) changed = this.#erase(gone, event) || changed;
    }
    return changed;
  }

  /** Forgets the older end beyond `most` rows. */
  trim(most: number): void {
    if (this.#range === null || this.#range[1] - this.#range[0] < most) return;
    const from = this.#range[1] - most + 1;
    this.#range = [from, this.#range[1]];
    for (const n of this.#rows.keys()) if (n < from) this.#rows.delete(n);
  }

  #erase(gone: Range, event: Event & { n: number }): boolean {
    let changed = false;
    for (const [n, row] of this.#rows) {
      const erased = erase(row, gone, event);
      changed ||= erased !== row;
      this.#rows.set(n, erased);
    }
    return changed;
  }

  #refile(change: FileChanged): boolean {
    const row = this.#rows.get(change.n);
    if (row === undefined) return false;
    const refiled = refile(row, change);
    this.#rows.set(change.n, refiled);
    return refiled !== row;
  }

  #fold(event: Event & { n: number; target: number }): boolean {
    const row = this.#rows.get(event.target);
    if (row === undefined) return false;
    const folded = fold(row, event);
    this.#rows.set(event.target, folded);
    return folded !== row;
  }
}
