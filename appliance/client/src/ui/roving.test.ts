import { expect, test } from "vitest";
import { nextIndex } from "./roving";

test.each([
  ["ArrowDown", 0, 3, 1],
  ["ArrowDown", 2, 3, 2],
  ["ArrowUp", 0, 3, 0],
  ["Home", 2, 3, 0],
  ["End", 0, 3, 2],
  ["ก", 0, 3, null],
  ["End", -1, 0, null],
])("%s at %i of %i leads to %s", (key, at, count, expected) => {
  expect(nextIndex(key, at, count)).toBe(expected);
});
