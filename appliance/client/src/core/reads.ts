/**
 * Which messages a person was shown, as ranges of positions (F16): the twin of the server's rules/receipts.py.
 *
 * Pure. A person's reading of a room is a mark, the highest position shown to them, and the ranges below it that they
 * passed over on the way to the newest message. What was said before they came in is left out of both.
 */

import type { MemberView, Position } from "./protocol";
import { grown, rangeOf, without, type Range } from "./ranges";

/** More ranges than this become fewer: the two oldest are taken as one. It bounds what a room's view carries. */
const MAX_SKIPPED = 8;

/** How far somebody has read, and what below that was not shown to them. */
export interface Reading {
  readonly read: Position;
  readonly skipped: readonly Range[];
}

/** Returns the reading once a range was shown; the same one when that says nothing new. */
export function after(reading: Reading, since: Position, shown: Range): Reading {
  const { read } = reading;
  let skipped = without(reading.skipped, shown);
  if (shown[1] <= read) return skipped === reading.skipped ? reading : { read, skipped };
  const first = Math.max(shown[0], since);
  if (first > read + 1) skipped = [...skipped, [read + 1, first - 1]];
  return { read: shown[1], skipped: bounded(skipped) };
}

function bounded(skipped: readonly Range[]): readonly Range[] {
  const over = skipped.length - MAX_SKIPPED;
  const [oldest, last] = [skipped[0], skipped[over]];
  if (over <= 0 || oldest === undefined || last === undefined) return skipped;
  return [[oldest[0], last[1]], ...skipped.slice(over + 1)];
}

export function readingOf(member: MemberView): Reading {
  return { read: member.read ?? member.since, skipped: member.skipped ?? [] };
}

/** Returns the member once ranges were shown to them; the same one when they say nothing new. */
export function memberAfter(member: MemberView, shown: readonly Range[]): MemberView {
  const before = readingOf(member);
  const reading = shown.reduce((soFar, range) => after(soFar, member.since, range), before);
  if (reading === before) return member;
  const { skipped: _, ...rest } = member;
  const moved: MemberView = { ...rest, read: reading.read };
  if (reading.skipped.length > 0) moved.skipped = reading.skipped.map(([first, last]) => [first, last]);
  return moved;
}

/** What was shown to a member since they came in, ascending. */
export function shownTo(member: MemberView): readonly Range[] {
  const { read, skipped } = readingOf(member);
  return read < member.since ? [] : skipped.reduce<readonly Range[]>(without, [[member.since, read]]);
}

export function wasShown(member: MemberView, n: Position): boolean {
  const { read, skipped } = readingOf(member);
  return member.since <= n && n <= read && rangeOf(skipped, n) === null;
}

/** What a reader knows of their own reading. `member` is missing where the members are not loaded. */
export interface OwnReading {
  readonly read: Position;
  readonly member: MemberView | undefined;
  /** What the server has not confirmed yet. */
  readonly pending: readonly Range[];
  /** What was reported before from here: it alone tells of the time that the member's view leaves out. */
  readonly reported: readonly Range[];
}

/** Returns the parts of `shown` that are not reported yet. */
export function unreported(shown: Range, { read, member, pending, reported }: OwnReading): readonly Range[] {
  const untold: Range = [0, member === undefined ? read : member.since];
  const known = [...pending, ...(member === undefined ? [] : shownTo(member)), ...common(reported, untold)];
  return known.reduce<readonly Range[]>(without, [shown]);
}

/** Returns the parts of the ranges that lie in `within`. */
function common(ranges: readonly Range[], within: Range): readonly Range[] {
  return ranges
    .map(([from, to]): Range => [Math.max(from, within[0]), Math.min(to, within[1])])
    .filter(([from, to]) => from <= to);
}

/** Returns the ranges with more added. */
export function joined(ranges: readonly Range[], more: readonly Range[]): readonly Range[] {
  return more.reduce(grown, ranges);
}
