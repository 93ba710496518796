import { expect, test } from "vitest";

import { placeText } from "./place";

test.each([
  ["นิติกร", "กองกฎหมาย", "นิติกร · กองกฎหมาย"],
  ["หัวหน้ากลุ่มบริการผู้ใช้", "กลุ่มบริการผู้ใช้", "หัวหน้ากลุ่มบริการผู้ใช้"],
  [null, "กองกฎหมาย", "กองกฎหมาย"],
  ["นิติกร", undefined, "นิติกร"],
  [null, null, ""],
])("%s in %s", (post, unit, expected) => {
  expect(placeText(post, unit)).toBe(expected);
});
