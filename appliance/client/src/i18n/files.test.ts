import { i18n } from "@lingui/core";
import { beforeAll, expect, test } from "vitest";

import { filesText, messageLine, type NamedFile } from "./files";

beforeAll(() => i18n.loadAndActivate({ locale: "th", messages: {} }));

const file = (form: NamedFile["form"], name = "แผนที่.pdf", seconds: number | null = null): NamedFile => ({ name, form, seconds });

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
