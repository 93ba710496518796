import { expect, test } from "vitest";

import { endOf, refusedFile } from "./fileLimits";

const LIMITS = { largest: 1_000, blocked: { program: ["exe"], macros: ["docm"], agency: [] } };

test.each([
  ["a.EXE", "exe"],
  ["a.pdf.exe ", "exe"],
  ["a.exe. .", "exe"],
  ["..exe", "exe"],
  [".exe", "exe"],
  ["exe", ""],
  ["รายงาน.docx", "docx"],
  ["a. exe", "exe"],
  ["", ""],
  [" . ", ""],
])("the end of %j is %j", (name, end) => {
  expect(endOf(name)).toBe(end);
});

test.each([
  ["a.pdf", 1_000, null],
  ["a.pdf", 1_001, "upload_too_large"],
  ["a.pdf", 0, "file_empty"],
  ["a.Docm", 1, "file_type_blocked"],
  ["ไม่มีนามสกุล", 1, null],
])("%s of %d bytes: %s", (name, size, code) => {
  expect(refusedFile({ name, size }, LIMITS)).toBe(code);
});

test("a session that was kept by an older release knows no limits, and asks the server", () => {
  expect(refusedFile({ name: "a.exe", size: 5_000 }, undefined)).toBeNull();
});
