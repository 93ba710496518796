import { expect, test } from "vitest";

import type { Range } from "./ranges";
import { after, memberAfter, shownTo, unreported, wasShown, type Reading } from "./reads";

const MEMBER = { person: "p_a", name: "", role: "member", since: 10, read: 10 };

function positions(ranges: readonly Range[]): number[] {
  return ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i));
}

test("what a client keeps of a member is what was shown to them, whatever the order", () => {
  let state = 7;
  const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 200; round += 1) {
    const since = random(12);
    const shown = Array.from({ length: random(9) }, (): Range => {
      const first = random(60);
      return [first, first + random(20)];
    });
    const reading = shown.reduce<Reading>((before, range) => after(before, since, range), { read: since, skipped: [] });
    const seen = new Set(positions(shown).filter((n) => n > since));
    const read = Math.max(since, ...seen);
    const missed = Array.from({ length: read }, (_, n) => n).filter((n) => n > since && !seen.has(n));
    expect(reading.read).toBe(read);
    expect(positions(reading.skipped)).toEqual(missed);
    expect(shown.reduce<Reading>((before, range) => after(before, since, range), reading)).toBe(reading);
    const member = memberAfter({ ...MEMBER, since, read: since }, shown);
    expect(positions(shownTo(member)).slice(1)).toEqual([...seen].sort((a, b) => a - b));
    const later = Array.from({ length: 90 }, (_, n) => n).filter((n) => n > since);
    expect(later.filter((n) => wasShown(member, n))).toEqual(later.filter((n) => seen.has(n)));
  }
});

test("a member who was shown nothing new stays the same, and one who passed over nothing has no list of it", () => {
  const jumped = memberAfter(MEMBER, [[20, 25]]);
  expect(jumped).toEqual({ ...MEMBER, read: 25, skipped: [[11, 19]] });
  expect(memberAfter(jumped, [[21, 22], [25, 25]])).toBe(jumped);
  expect(memberAfter(jumped, [[11, 19]])).toEqual({ ...MEMBER, read: 25 });
  expect(wasShown(MEMBER, 5)).toBe(false);
});

test("only what nobody knows yet is reported", () => {
  const member = memberAfter(MEMBER, [[20, 25]]);
  const own = { read: 25, member, pending: [], reported: [] };
  expect(unreported([18, 28], own)).toEqual([[18, 19], [26, 28]]);
  expect(unreported([18, 28], { ...own, pending: [[19, 26]] })).toEqual([[18, 18], [27, 28]]);
  expect(unreported([20, 25], own)).toEqual([]);
  // A member's view says nothing of the time before they came in: what was reported from here does.
  expect(unreported([3, 12], { ...own, reported: [[3, 12]] })).toEqual([[11, 12]]);
  const unloaded = { ...own, member: undefined };
  expect(unreported([18, 28], unloaded)).toEqual([[18, 28]]);
  expect(unreported([18, 28], { ...unloaded, reported: [[18, 28]] })).toEqual([[26, 28]]);
});
