import { expect, test } from "vitest";

import type { MessageItem, NoticeItem, PendingItem, TimelineSnapshot } from "#core/snapshots";

import { message } from "./fixtures";
import { indexOfPosition, onScreen, openingIndex, positionsShown, timelineRows } from "./rows";

const NOON = Date.UTC(2026, 8, 29, 5);
const MINUTE = 60_000;

const notice = (n: number, at: number): NoticeItem => ({ kind: "notice", key: `n${n}`, n, sender: "p_a", at, notice: { what: "closed" } });
const pending = (at: number): PendingItem => ({
  kind: "pending", key: "t1", txnId: "t1", room: "r_1", at, text: "รอ", mentions: [], everyone: false, replyTo: null, reply: null, files: [], tried: false,
  delivery: { kind: "waiting" },
});
const snapshot = (part: Partial<TimelineSnapshot>): TimelineSnapshot => ({
  room: "r_1", items: [], pending: [], hasOlder: false, hasNewer: false, loading: "none", error: null, unreadLine: null, clearedAt: null, ...part,
});
const shape = (part: Partial<TimelineSnapshot>) =>
  timelineRows(snapshot(part), "p_me").map((row) => {
    if (row.kind === "message") return `${row.item.n}${row.head ? "h" : ""}${row.tail ? "t" : ""}`;
    return row.kind;
  });

test("messages of one author within five minutes are one group", () => {
  const items = [message(1, "p_a", NOON), message(2, "p_a", NOON + MINUTE), message(3, "p_b", NOON + 2 * MINUTE), message(4, "p_b", NOON + 9 * MINUTE)];
  expect(shape({ items })).toEqual(["day", "1h", "2t", "3ht", "4ht"]);
});

test("a long run names its author again at fixed positions", () => {
  const run = Array.from({ length: 20 }, (_, i) => message(i + 1, "p_a", NOON));
  expect(shape({ items: run }).filter((row) => row.includes("h"))).toEqual(["1h", "16h"]);
  expect(shape({ items: run.slice(9), hasOlder: true }).filter((row) => row.includes("h"))).toEqual(["10h", "16h"]);
});

test("a day, a notice and the unread line each end a group", () => {
  const items = [message(1, "p_a", NOON), notice(2, NOON), message(3, "p_a", NOON), message(4, "p_a", NOON), message(5, "p_a", NOON + 24 * 60 * MINUTE)];
  expect(shape({ items, unreadLine: 4 })).toEqual(["day", "1ht", "notice", "3ht", "unread", "4ht", "day", "5ht"]);
});

test("the unread line waits for a message of somebody else", () => {
  const items = [notice(1, NOON), message(2, "p_me", NOON), message(3, "p_a", NOON)];
  expect(shape({ items, unreadLine: 1 })).toEqual(["day", "notice", "2ht", "unread", "3ht"]);
  expect(shape({ items: items.slice(0, 2), unreadLine: 1 })).toEqual(["day", "notice", "2ht"]);
});

test("no line is drawn while the first unread message is not loaded", () => {
  const items = [message(50, "p_a", NOON)];
  expect(shape({ items, unreadLine: 3, hasOlder: true })).not.toContain("unread");
  expect(shape({ items, unreadLine: 3 })).toContain("unread");
});

test("unsent messages stand last, unless newer ones are still to be loaded", () => {
  const items = [message(1, "p_me", NOON)];
  expect(shape({ items, pending: [pending(NOON + MINUTE)] })).toEqual(["day", "1ht", "pending"]);
  expect(shape({ items, pending: [pending(NOON + MINUTE)], hasNewer: true })).toEqual(["day", "1ht"]);
  expect(shape({ pending: [pending(NOON)] })).toEqual(["day", "pending"]);
});

test("keys of rows do not change when an older page arrives", () => {
  const tomorrow = NOON + 24 * 60 * MINUTE;
  const newer = [message(3, "p_a", NOON), message(4, "p_b", tomorrow)];
  const keys = (items: MessageItem[], hasOlder: boolean) => timelineRows(snapshot({ items, hasOlder }), "p_me").map((row) => row.key);
  const before = keys(newer, true);
  const after = keys([message(1, "p_b", NOON), message(2, "p_a", NOON), ...newer], false);
  expect(before).toEqual(["m3", "day-m4", "m4"]);
  expect(after.filter((key) => before.includes(key))).toEqual(before);
  expect(new Set(after).size).toBe(after.length);
});

test("a room opens at the unread line, else at the newest", () => {
  const items = [message(1, "p_a", NOON), message(2, "p_a", NOON)];
  expect(openingIndex(timelineRows(snapshot({ items, unreadLine: 2 }), "p_me"))).toEqual({ index: 2, align: "start" });
  expect(openingIndex(timelineRows(snapshot({ items }), "p_me"))).toEqual({ index: 2, align: "end" });
  expect(indexOfPosition(timelineRows(snapshot({ items }), "p_me"), 2)).toBe(2);
});

test("a body is seen when 32 pixels of it are on the screen, or the whole of a smaller one", () => {
  const places = [[0, 100], [100, 130], [130, 400], [400, 424], [424, 900]].map(([start = 0, end = 0], index) => ({ index, start, end }));
  expect(onScreen(places, 0, 1_000)).toEqual([0, 1, 2, 3, 4]);
  expect(onScreen(places, 68, 423)).toEqual([0, 1, 2]);
  expect(onScreen(places, 69, 456)).toEqual([1, 2, 3, 4]);
  expect(onScreen(places, 101, 455)).toEqual([2, 3]);
  expect(onScreen(places, 500, 700)).toEqual([4]);
});

test("rows on the screen stand for what lies between them, and for nothing above the first or below the last", () => {
  // 11 to 13 are reactions, 15 an edit.
  const items = [message(9, "p_a", NOON), message(10, "p_a", NOON), message(14, "p_b", NOON), notice(16, NOON), message(17, "p_b", NOON)];
  const rows = timelineRows(snapshot({ items, pending: [pending(NOON)] }), "p_me");
  const all = rows.map((_, i) => i);
  const at = (...positions: number[]) => positions.map((n) => indexOfPosition(rows, n));
  expect(positionsShown(rows, all)).toEqual([9, 17]);
  expect(positionsShown(rows, at(14, 16))).toEqual([11, 16]);
  expect(positionsShown(rows, at(14))).toEqual([11, 14]);
  expect(positionsShown(rows, at(9))).toEqual([9, 9]);
  expect(positionsShown(rows, [rows.length - 1])).toBeNull();
  expect(positionsShown(rows, [])).toBeNull();
});

test("what was cleared is told above everything, unless more is still to load", () => {
  expect(shape({ clearedAt: NOON })).toEqual(["cleared"]);
  expect(shape({ clearedAt: NOON, items: [message(9, "p_a", NOON)] })).toEqual(["cleared", "day", "9ht"]);
  expect(shape({ clearedAt: NOON, items: [message(9, "p_a", NOON)], hasOlder: true })).toEqual(["9ht"]);
});
