import { expect, test } from "vitest";

import { FIT, fitted, MOST, moved, swiped, zoomed } from "./zoom";

const stage = { width: 800, height: 600 };
const picture = { width: 800, height: 400 };
const middle = { x: 0, y: 0 };

test("what lies under the pointer stays there", () => {
  const zoom = zoomed(FIT, 2, { x: 100, y: 50 }, picture, stage);
  expect(zoom.scale).toBe(2);
  // The point 100 px right of the middle was 100 px of the picture; twice as large that is 200, drawn 100 to the left.
  expect(zoom.x).toBe(-100);
});

test("it is never smaller than fitting and never larger than is of use", () => {
  expect(zoomed(FIT, 0.1, { x: 300, y: 0 }, picture, stage)).toEqual(FIT);
  expect(zoomed(FIT, 100, middle, picture, stage).scale).toBe(MOST);
  expect(zoomed({ scale: 2, x: 400, y: 100 }, 0.5, middle, picture, stage)).toEqual(FIT);
});

test("it cannot be pushed off its stage", () => {
  const large = zoomed(FIT, 2, middle, picture, stage);
  expect(moved(large, { x: 9_999, y: -9_999 }, picture, stage)).toEqual({ scale: 2, x: 400, y: -100 });
  expect(moved(FIT, { x: 50, y: 50 }, picture, stage)).toEqual(FIT);
});

test.each([
  [{ width: 4_000, height: 3_000 }, { width: 800, height: 600 }],
  [{ width: 100, height: 50 }, { width: 100, height: 50 }],
  [{ width: 1_000, height: 4_000 }, { width: 150, height: 600 }],
  [{ width: 0, height: 10 }, { width: 0, height: 0 }],
])("%j is drawn as %j", (size, drawn) => {
  expect(fitted(size, stage)).toEqual(drawn);
});

test.each([
  [{ x: -120, y: 10 }, 1],
  [{ x: 120, y: -10 }, -1],
  [{ x: 60, y: 0 }, 0],
  [{ x: 150, y: 140 }, 0],
])("a finger's way of %j", (by, to) => {
  expect(swiped(by, stage)).toBe(to);
});
