import { expect, test } from "vitest";

import { file, variant } from "./fixtures";
import { boxOf, gridOf, heightOf } from "./layout";

test.each<[number | null, number | null, number, number]>([
  [4_000, 3_000, 22, 16.5],
  [3_000, 4_000, 15, 20],
  [1_080, 1_080, 20, 20],
  // A panorama, a long page that was photographed, an icon: none is too thin to press.
  [20_000, 400, 22, 5],
  [400, 20_000, 5, 20],
  [16, 16, 5, 5],
  [160, 120, 10, 7.5],
  [null, 3_000, 16, 12],
  [0, 100, 16, 12],
  [Number.NaN, 100, 16, 12],
])("a picture of %d × %d pixels has a box of %d × %d rem", (width, height, wide, high) => {
  expect(boxOf(width, height)).toEqual({ width: wide, height: high });
});

test.each([
  [2, 2, 2, 0],
  [3, 3, 3, 0],
  [4, 2, 4, 0],
  [5, 3, 5, 0],
  [9, 3, 9, 0],
  [10, 3, 9, 1],
  [20, 3, 9, 11],
])("%d pictures stand in %d columns, %d are drawn and %d more", (count, columns, shown, more) => {
  expect(gridOf(count)).toEqual({ columns, shown, more });
});

test("the height is known before any byte has come", () => {
  const picture = file({}, { width: 4_000, height: 3_000, variants: [variant("thumb")] });
  expect(heightOf([])).toBe(0);
  expect(heightOf([picture])).toBeCloseTo(16.75);
  expect(heightOf(Array.from({ length: 7 }, () => picture))).toBeCloseTo(27.75);
  expect(heightOf([file({ form: "document", original: true })])).toBeGreaterThan(heightOf([file({ form: "document" })]));
});
