/**
 * Stretches of positions, closed at both ends: which entries of a room are at hand without a gap, which were shown.
 *
 * Pure. A list of ranges is ascending and no two touch: [0,4] and [5,9] are [0,9].
 */

import type { Position } from "./protocol";

export type Range = readonly [from: Position, to: Position];

/** Returns the ranges with `more` added; the same list when nothing changes. */
export function grown(ranges: readonly Range[], more: Range): readonly Range[] {
  let [from, to] = more;
  if (from > to) return ranges;
  const apart: Range[] = [];
  for (const range of ranges) {
    if (range[0] <= from && range[1] >= to) return ranges;
    if (range[1] + 1 < from || range[0] > to + 1) apart.push(range);
    else [from, to] = [Math.min(from, range[0]), Math.max(to, range[1])];
  }
  const at = apart.findIndex((range) => range[0] > to);
  const merged: Range = [from, to];
  return at === -1 ? [...apart, merged] : [...apart.slice(0, at), merged, ...apart.slice(at)];
}

/** Returns the range that holds `n`, or null. */
export function rangeOf(ranges: readonly Range[], n: Position): Range | null {
  return ranges.find(([from, to]) => from <= n && n <= to) ?? null;
}

/** Returns what is left of the ranges once `cut` is taken out; the same list when it takes nothing. */
export function without(ranges: readonly Range[], cut: Range): readonly Range[] {
  if (!ranges.some(([from, to]) => from <= cut[1] && cut[0] <= to)) return ranges;
  return ranges.flatMap(([from, to]) => {
    const left: Range[] = [
      [from, Math.min(to, cut[0] - 1)],
      [Math.max(from, cut[1] + 1), to],
    ];
    return left.filter(([first, last]) => first <= last);
  });
}

/** Returns the ranges without anything below `floor`. */
export function cutBelow(ranges: readonly Range[], floor: Position): readonly Range[] {
  return ranges
    .filter(([, to]) => to >= floor)
    .map(([from, to]): Range => [Math.max(from, floor), to]);
}
