import { expect, test } from "vitest";

import { fileName, isPastedName } from "./localFiles";

test.each([
  ["รายงานการประชุม ครั้งที่ ๑.pdf", "รายงานการประชุม ครั้งที่ ๑.pdf"],
  ["../../ลับ\u202egpj.exe", "....ลับgpj.exe"],
  ["a\nb\u0000.txt", "ab.txt"],
  ["e\u0301.txt", "é.txt"],
  ["\u200f ", "ไฟล์"],
  ["..", "ไฟล์"],
  ["\u061crep\u200bort\u00ad\ufeff.p\u3164df", "report.pdf"],
  ["ก\u200d\u200dข\u200c.p\u200ddf\ufe0f", "กข.pdf"],
  ["👨\u200d👩\u200d👧 ❤\ufe0f.png", "👨\u200d👩\u200d👧 ❤\ufe0f.png"],
])("%j is named %j", (said, name) => {
  expect(fileName(said, "ไฟล์")).toBe(name);
});

test("a long name keeps its end, and breaks no character", () => {
  const name = fileName(`${"น้ำ😀".repeat(100)}.docx`, "ไฟล์");
  expect(Array.from(name)).toHaveLength(255);
  expect(name.endsWith(".docx")).toBe(true);
  expect(name).not.toMatch(/\p{Cs}/u);
  expect(Array.from(fileName("ก".repeat(300), "ไฟล์"))).toHaveLength(255);
});

test("what browsers call a pasted picture is no name of its own", () => {
  expect(["image.png", "image.jpeg", "IMG_0042.jpg", "images.png"].map(isPastedName)).toEqual([true, true, false, false]);
});
