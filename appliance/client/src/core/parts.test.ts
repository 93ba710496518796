import { expect, test } from "vitest";

import { FIRST_PART, LONGEST_PART, nextPart, partAfterCut } from "./parts";

const KiB = 1024;
const MiB = KiB * KiB;

test.each([
  ["a line of 30 kB/s", FIRST_PART, FIRST_PART, 2_185, FIRST_PART],
  ["a line that can hardly send the least", FIRST_PART, FIRST_PART, 60_000, FIRST_PART],
  ["a line of 200 kB/s, in whole records", 512 * KiB, 512 * KiB, 2_560, 576 * KiB],
  ["a line that has become slower", 4 * MiB, 4 * MiB, 60_000, 192 * KiB],
  ["a fast line, in steps", FIRST_PART, FIRST_PART, 1, 512 * KiB],
  ["a fast line", 4 * MiB, 4 * MiB, 40, LONGEST_PART],
  ["no time at all, or a clock that was set back", 512 * KiB, 512 * KiB, -3_600_000, 4 * MiB],
  ["the end of a file tells nothing", MiB, 1, 3_000, MiB],
  ["the end of a piece does not make parts short", 4 * MiB, 128 * KiB, 10, LONGEST_PART],
])("%s", (_, length, sent, ms, next) => {
  expect(nextPart(length, sent, ms)).toBe(next);
});

test.each([
  ["cut at once", 4 * MiB, 4 * MiB, 0, 2 * MiB],
  ["cut after it took too long", 4 * MiB, 4 * MiB, 120_000, FIRST_PART],
  ["the shortest", FIRST_PART, FIRST_PART, 0, FIRST_PART],
  ["half of three records", 192 * KiB, 192 * KiB, 0, FIRST_PART],
])("after a part that came to nothing, %s", (_, length, sent, ms, next) => {
  expect(partAfterCut(length, sent, ms)).toBe(next);
});

test("every part is a whole number of sealed records, one at least and a piece at most", () => {
  for (let length = FIRST_PART; length <= LONGEST_PART; length += FIRST_PART) {
    for (const ms of [-1, 0, 1, 7, 999, 3_001, 1e9]) {
      for (const next of [nextPart(length, length, ms), partAfterCut(length, length, ms)]) {
        expect([next % FIRST_PART, next >= FIRST_PART, next <= LONGEST_PART]).toEqual([0, true, true]);
      }
    }
  }
});
