import { i18n } from "@lingui/core";
import { afterEach, beforeEach, expect, test } from "vitest";

import { setDateStyle } from "./dates";
import { formatLength, formatRoom, formatSize, spokenLength } from "./sizes";

beforeEach(() => i18n.loadAndActivate({ locale: "th", messages: {} }));
afterEach(() => setDateStyle({ era: "auto", digits: "arabic" }));

const KB = 1000;
const MB = KB * KB;

test.each([
  [0, "0 KB"],
  [1, "1 KB"],
  [KB, "1 KB"],
  [900 * KB, "900 KB"],
  [MB - 1, "1 MB"],
  [1.25 * MB, "1.3 MB"],
  [9.99 * MB, "10 MB"],
  [500 * MB, "500 MB"],
  [2 * KB * MB, "2 GB"],
  [3000 * KB * KB * MB, "3,000 TB"],
])("%d bytes are %s", (bytes, words) => {
  expect(formatSize(bytes).replace("\u00a0", " ")).toBe(words);
});

test.each([
  [0, "0 KB"],
  [999, "0 KB"],
  [MB - 1, "999 KB"],
  [MB, "1 MB"],
  [5_999_994, "5.9 MB"],
  [5.7 * MB, "5.7 MB"],
  [10 * MB - 1, "9.9 MB"],
  [500 * MB, "500 MB"],
  [3000 * KB * KB * MB, "3,000 TB"],
])("of %d bytes that are left %s are promised", (bytes, words) => {
  expect(formatRoom(bytes).replace("\u00a0", " ")).toBe(words);
});

test.each([
  [0, "0:00", "0 วินาที"],
  [7.9, "0:07", "7 วินาที"],
  [65, "1:05", "1 นาที 5 วินาที"],
  [3723, "1:02:03", "1 ชั่วโมง 2 นาที 3 วินาที"],
  [120, "2:00", "2 นาที"],
  [-1, "0:00", "0 วินาที"],
])("%d seconds are %s, said %s", (seconds, clock, said) => {
  expect(formatLength(seconds)).toBe(clock);
  expect(spokenLength(seconds)).toBe(said);
});

test("sizes and lengths have the digits of the reader", () => {
  setDateStyle({ era: "auto", digits: "thai" });
  expect([formatSize(12 * MB).replace("\u00a0", " "), formatLength(65)]).toEqual(["๑๒ MB", "๑:๐๕"]);
});
