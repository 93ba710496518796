import { i18n } from "@lingui/core";
import { afterEach, expect, test } from "vitest";

import { nameOf, placeOf, placeText, unitOf } from "./names";

afterEach(() => i18n.loadAndActivate({ locale: "th", messages: {} }));

const UNIT = { name: "กองคลัง", name_en: "Finance Division" };
const PERSON = { name: "นางมาลี มีสุข", name_en: "Mrs. Malee Meesuk", post: "นิติกร", post_en: "Legal Officer", unit: UNIT };

test("an English page names people, posts and units in English where the register does", () => {
  expect([nameOf(PERSON), placeOf(PERSON)]).toEqual(["นางมาลี มีสุข", "นิติกร · กองคลัง"]);
  i18n.loadAndActivate({ locale: "en", messages: {} });
  expect([nameOf(PERSON), placeOf(PERSON)]).toEqual(["Mrs. Malee Meesuk", "Legal Officer · Finance Division"]);
  expect(unitOf({ unit: "กองคลัง", unit_en: "Finance Division" })).toBe("Finance Division");
  expect([nameOf({ name: "นายปิติ" }), placeOf({ post: "นิติกร", post_en: null, unit: UNIT })]).toEqual(["นายปิติ", "นิติกร · Finance Division"]);
});

test.each([
  ["นิติกร", "กองกฎหมาย", "นิติกร · กองกฎหมาย"],
  ["หัวหน้ากลุ่มบริการผู้ใช้", "กลุ่มบริการผู้ใช้", "หัวหน้ากลุ่มบริการผู้ใช้"],
  [null, "กองกฎหมาย", "กองกฎหมาย"],
  ["นิติกร", undefined, "นิติกร"],
  [null, null, ""],
])("%s in %s", (post, unit, expected) => {
  expect(placeText(post, unit)).toBe(expected);
});
