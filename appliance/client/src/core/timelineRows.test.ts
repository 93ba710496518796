import { expect, test } from "vitest";

import type { Event } from "./protocol";
import { cutBelow, grown, rangeOf, type Range } from "./ranges";
import { ReadIndex } from "./readers";
import { covered, fold, liveRow, pageRow, type Row } from "./timelineRows";
import { TimelineWindow } from "./window";

function entry(n: number, what: Partial<Omit<Event, "n">> = {}): Event & { n: number } {
  return { type: "message.text", at: n, room: "r", n, sender: "p_a", body: { text: `ข้อ ${n}` }, ...what };
}

test("ranges join when they touch and stay apart when they do not", () => {
  let ranges: readonly Range[] = [];
  for (const range of [[10, 12], [0, 3], [5, 6], [4, 4]] as const) ranges = grown(ranges, range);
  expect(ranges).toEqual([[0, 6], [10, 12]]);
  expect(grown(ranges, [1, 2])).toBe(ranges);
  expect(grown(ranges, [7, 9])).toEqual([[0, 12]]);
  expect(rangeOf(ranges, 11)).toEqual([10, 12]);
  expect(rangeOf(ranges, 8)).toBeNull();
  expect(cutBelow(ranges, 5)).toEqual([[5, 6], [10, 12]]);
});

test("edits, reactions and a retraction fold in, in any repetition", () => {
  const later = [
    entry(1, { type: "message.edit", target: 0, body: { text: "ใหม่" } }),
    entry(2, { type: "message.reaction", target: 0, sender: "p_b", state: { emoji: "👍", on: true } }),
    entry(3, { type: "message.reaction", target: 0, sender: "p_c", state: { emoji: "👍", on: true } }),
    entry(4, { type: "message.reaction", target: 0, sender: "p_b", state: { emoji: "👍", on: false } }),
  ];
  const once = later.reduce(fold, liveRow(entry(0)));
  expect(once.event).toMatchObject({ body: { text: "ใหม่" }, edited: { n: 1 }, reactions: [{ emoji: "👍", people: ["p_c"] }] });
  expect([...later, ...later].reduce(fold, liveRow(entry(0)))).toEqual(once);
  const gone = fold(once, entry(5, { type: "message.redact", target: 0, state: {} }));
  expect(gone.event).toMatchObject({ hidden: "retracted" });
  expect(JSON.stringify(gone)).not.toContain("ใหม่");
  expect(fold(gone, entry(6, { type: "message.edit", target: 0, body: { text: "กลับมา" } })).event.body).toBeUndefined();
});

test("an erasure takes the words of its range, and not those of a later edit", () => {
  const shred = entry(9, { type: "shred", sender: "system", state: { from: 0, to: 3, rule: "R", at: 9 } });
  const window = new TimelineWindow();
  window.put([0, 1, 4].map((n) => liveRow(entry(n))), [0, 8]);
  window.apply([entry(5, { type: "message.edit", target: 1, body: { text: "ใหม่" } })]);
  expect(window.apply([shred])).toBe(true);
  expect(window.rows().slice(0, 3).map((row) => row.event.hidden ?? row.event.body?.text)).toEqual(["erased", "ใหม่", "ข้อ 4"]);
  expect(window.apply([shred])).toBe(false);
});

test("a page already contains what happened before it was asked for", () => {
  const row = pageRow(entry(0, { reactions: [{ emoji: "👍", people: ["p_c"] }] }), 5);
  const old = entry(2, { type: "message.reaction", target: 0, sender: "p_c", state: { emoji: "👍", on: false } });
  expect(fold(row, old)).toBe(row);
});

test("the words of an edit are kept nowhere but in the message", () => {
  expect(liveRow(entry(7, { type: "message.edit", target: 0, body: { text: "ลับ" } })).event.body).toBeUndefined();
});

test("what a page covers", () => {
  const page = (from: number, to: number): Event[] => Array.from({ length: to - from + 1 }, (_, i) => entry(from + i));
  expect(covered({ before: 50 }, page(30, 49), true, 100)).toEqual([30, 49]);
  expect(covered({ before: 20 }, page(3, 19), false, 100)).toEqual([0, 19]);
  expect(covered({ after: 50 }, page(51, 60), true, 100)).toEqual([51, 60]);
  expect(covered({ after: 90 }, page(91, 99), false, 100)).toEqual([91, 99]);
  expect(covered({ after: 99 }, [], false, 100)).toBeNull();
  expect(covered({ around: 50 }, page(40, 59), true, 100)).toEqual([40, 59]);
  expect(covered({}, page(50, 101), true, 100)).toEqual([50, 101]);
});

test("a window grows at both ends, has no holes and lets a far page take its place", () => {
  const window = new TimelineWindow();
  const rows = (from: number, to: number): Row[] => Array.from({ length: to - from + 1 }, (_, i) => liveRow(entry(from + i)));
  const positions = (): (number | null | undefined)[] => window.rows().map((row) => row.event.n);
  window.put(rows(50, 59), [50, 59]);
  window.put(rows(40, 49), [40, 49]);
  window.apply([entry(60), entry(62)]);
  expect(window.range).toEqual([40, 60]);
  expect(positions()).toEqual(Array.from({ length: 21 }, (_, i) => 40 + i));
  window.put(rows(0, 9), [0, 9]);
  expect(window.range).toEqual([0, 9]);
  window.trim(4);
  expect(positions()).toEqual([6, 7, 8, 9]);
});

test("readers are counted without the sender, for 2,000 members at once", () => {
  const members = Array.from({ length: 2_000 }, (_, i) => ({ person: `p_${i}`, name: "", role: "member", since: 0, read: i }));
  const index = new ReadIndex(members);
  expect(index.count(1_990, "p_5")).toEqual({ by: 10, of: 1_999 });
  expect(index.count(1_990, "p_1995")).toEqual({ by: 9, of: 1_999 });
  expect(index.count(0, "p_outside")).toEqual({ by: 2_000, of: 2_000 });
  expect(new ReadIndex([]).count(0, "p_1")).toEqual({ by: 0, of: 0 });
});

test("who jumped across a message, or came in after it, is not counted as its reader", () => {
  const member = { name: "", role: "member" };
  const index = new ReadIndex([
    { ...member, person: "p_all", since: 0, read: 30 },
    { ...member, person: "p_jumped", since: 0, read: 30, skipped: [[5, 9], [20, 20]] },
    { ...member, person: "p_late", since: 15, read: 30 },
  ]);
  expect([4, 5, 9, 10, 15, 20, 21, 31].map((n) => index.count(n, "p_outside").by)).toEqual([2, 1, 1, 2, 3, 2, 3, 0]);
  expect(index.count(7, "p_jumped")).toEqual({ by: 1, of: 2 });
  expect(index.count(10, "p_jumped")).toEqual({ by: 1, of: 2 });
});
