import { expect, test } from "vitest";

import { foreignLang, partsWithNames } from "./nameParts";

test("names in a sentence are found whole, the longer of two at one place, and nothing is lost (ux, «Also seen»)", () => {
  const text = "นางกัญญารัตน์ น้ำใส เพิ่ม นายธนากิจ เจริญ, นายธนากิจ เจริญสุข เข้าห้อง";
  const parts = partsWithNames(text, ["นายธนากิจ เจริญ", "นายธนากิจ เจริญสุข", "นางกัญญารัตน์ น้ำใส", "ระบบ"]);
  expect(parts.filter(({ isName }) => isName).map(({ words }) => words)).toEqual(["นางกัญญารัตน์ น้ำใส", "นายธนากิจ เจริญ", "นายธนากิจ เจริญสุข"]);
  expect(parts.map(({ words }) => words).join("")).toBe(text);
  expect(partsWithNames("ระบบปิดห้อง", [])).toEqual([{ words: "ระบบปิดห้อง", isName: false }]);
});

test("a name says its language where that is not the page's", () => {
  expect(foreignLang("นายปิติ ใจดี", "en")).toEqual({ lang: "th" });
  expect(foreignLang("Mr. John Smith", "th")).toEqual({ lang: "en" });
  expect([foreignLang("นายปิติ ใจดี", "th"), foreignLang("Malee", "en"), foreignLang("…", "en")]).toEqual([{}, {}, {}]);
});
