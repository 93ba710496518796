import { i18n } from "@lingui/core";
import { beforeAll, beforeEach, expect, test } from "vitest";

import { setDateStyle } from "./dates";
import { filesText, formatBytes, formatLength, messageLine, type NamedFile, spokenLength } from "./files";

beforeAll(() => i18n.loadAndActivate({ locale: "th", messages: {} }));
beforeEach(() => setDateStyle({ era: "auto", digits: "arabic" }));

test.each([
  [0, "0 KB"],
  [1, "0.1 KB"],
  [1_024, "1 KB"],
  [9.96 * 1_024, "10 KB"],
  [1_023.6 * 1_024, "1 MB"],
  [2.44 * 1_024 ** 2, "2.4 MB"],
  [500 * 1_024 ** 2, "500 MB"],
  [3.2 * 1_024 ** 3, "3.2 GB"],
  [5_000 * 1_024 ** 4, "5,000 TB"],
  [-1, "0 KB"],
])("%d bytes are %s", (bytes, words) => {
  expect(formatBytes(bytes).replace("\u00a0", " ")).toBe(words);
});

test.each([
  [0, "0:00", "0 วินาที"],
  [6.6, "0:07", "7 วินาที"],
  [65, "1:05", "1 นาที 5 วินาที"],
  [3_725, "1:02:05", "1 ชั่วโมง 2 นาที 5 วินาที"],
  [7_200, "2:00:00", "2 ชั่วโมง"],
  [-3, "0:00", "0 วินาที"],
])("%d seconds are written %s and read %s", (seconds, written, spoken) => {
  expect(formatLength(seconds)).toBe(written);
  expect(spokenLength(seconds)).toBe(spoken);
});

test("sizes and lengths have the digits of the reader", () => {
  setDateStyle({ era: "auto", digits: "thai" });
  expect(formatBytes(12 * 1_024 ** 2)).toBe("๑๒\u00a0MB");
  expect(formatLength(65)).toBe("๑:๐๕");
});

const file = (form: NamedFile["form"], name = "แผนที่.pdf", seconds: number | null = null): NamedFile => ({ name, form, facts: { seconds } });

test.each<[readonly NamedFile[], string]>([
  [[], ""],
  [[file("picture")], "รูปภาพ"],
  [[file("picture"), file("picture")], "รูปภาพ 2 รูป"],
  [[file("video", "a.mp4", 62)], "วิดีโอ 1:02"],
  [[file("voice", "v.webm", 12)], "ข้อความเสียง 0:12"],
  [[file("voice", "v.webm")], "ข้อความเสียง"],
  [[file("sound", "ประชุม.mp3")], "ไฟล์เสียง ประชุม.mp3"],
  [[file("document")], "ไฟล์ แผนที่.pdf"],
  [[file("document"), file("picture")], "ไฟล์ 2 ไฟล์"],
])("%j is %s", (files, words) => {
  expect(filesText(files)).toBe(words);
});

test("words come before what a message carries", () => {
  expect(messageLine("ดูภาพ", [file("picture")])).toBe("ดูภาพ");
  expect(messageLine(" ", [file("picture")])).toBe("รูปภาพ");
});
