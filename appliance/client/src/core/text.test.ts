import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import {
  arabicDigits,
  canonical,
  folded,
  graphemeCount,
  matchName,
  mentionAt,
  namedLike,
  otherLayout,
  rankedByName,
  sortedByName,
  truncated,
  wordsOf,
} from "./text";

test("cutting never orphans a mark", () => {
  expect(truncated("ที่นี่", 3)).toBe("ที่นี่");
  expect(truncated("ปิ่นโตก๊กจ่ำ", 3)).toBe("ปิ่น…");
  expect(truncated("สวัสดี 👨‍👩‍👧‍👦 ครับ", 6)).toBe("สวัสดี…");
  expect(truncated("สวัสดี 👨‍👩‍👧‍👦 ครับ", 7)).toBe("สวัสดี 👨‍👩‍👧‍👦…");
  for (let most = 1; most < 12; most += 1) {
    const cut = truncated("ก๊กจ่ำปิ่นโตนี้ที่นั่น", most);
    expect(graphemeCount(cut)).toBeLessThanOrEqual(most);
    expect(cut).not.toMatch(/^[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]/u);
  }
});

test("a picker finds สมชาย by ชาย, and the best first (C11)", () => {
  const names = ["นางสาวชายา สุขใจ", "นายสมชาย ใจดี", "ชายชาญ แก้ววงศ์", "นายประสิทธิ์ แก้วงาม"];
  const found = rankedByName(names, "ชาย", (name) => name);
  expect(found).toContain("นายสมชาย ใจดี");
  expect(found[0]).toBe("ชายชาญ แก้ววงศ์");
  expect(found).not.toContain("นายประสิทธิ์ แก้วงาม");
  expect(matchName("นายสมชาย ใจดี", "สมชาย ใจ")).toBeGreaterThan(0);
  expect(matchName("Somchai Jaidee", "SOM")).toBeGreaterThan(0);
});

test("names sort under their consonant (L6)", () => {
  const names = ["ไพศาล", "เกษม", "ขวัญ", "แก้ว", "กมล", "โกวิท", "ใจดี", "จันทร์"];
  expect(sortedByName(names, (name) => name, "th")).toEqual(["กมล", "เกษม", "แก้ว", "โกวิท", "ขวัญ", "จันทร์", "ใจดี", "ไพศาล"]);
});

test("digits of both kinds (L4)", () => {
  expect(arabicDigits("๑๒๓๔๕๖")).toBe("123456");
});

test("what looks the same is the same", () => {
  expect(canonical("น\u0e4d\u0e32")).toBe("นำ");
  expect(canonical("เเม่")).toBe("แม่");
  expect(canonical("ท\u0e48\u0e35")).toBe("ท\u0e35\u0e48");
  expect(folded("  ปี  ๒๕๖๙ ABC ")).toBe("ปี 2569 abc");
});

test("words are found in text without spaces", () => {
  expect(wordsOf("ประชุมพรุ่งนี้").map(({ word }) => word).join("|")).toContain("ประชุม|");
});

test("where a mention is being typed", () => {
  expect(mentionAt("เรียน @สมช", 10)).toEqual({ start: 6, typed: "สมช" });
  expect(mentionAt("เรียน@สมชาย ใจ", 14)).toEqual({ start: 5, typed: "สมชาย ใจ" });
  expect(mentionAt("somchai@agency", 14)).toBeNull();
  expect(mentionAt("@มาลี\nค่ะ", 9)).toBeNull();
  expect(mentionAt("ไม่มี", 5)).toBeNull();
});

const LAYOUT_CASES = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../../../tests/search/data/other_layout.json", import.meta.url)), "utf-8"),
) as [string, string | null][];

test.each(LAYOUT_CASES)("«%s» under the other keyboard layout (L10), as the server reads it", (typed, meant) => {
  expect(otherLayout(typed)).toBe(meant);
});

test("names are found under the wrong layout, when nothing answers what was typed", () => {
  const names = ["นายวิทยา ใจมั่น", "นายสมชาย ดีงาม", "นางสมใจ ชูชาย"];
  const name = (one: string) => one;
  expect(rankedByName(names, "l,=kp", name)).toEqual(["นายสมชาย ดีงาม"]);
  expect(namedLike(names, "l,", name)).toEqual(["นายสมชาย ดีงาม", "นางสมใจ ชูชาย"]);
  expect(namedLike(["l,=kp", ...names], "l,=kp", name)).toEqual(["l,=kp"]);
  expect(namedLike(names, "", name)).toEqual(names);
  expect(namedLike(names, "ไม่มี", name)).toEqual([]);
});
