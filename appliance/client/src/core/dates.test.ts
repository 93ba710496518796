import { expect, test } from "vitest";

import { dayFromIso, formatDay, formatTime, isoDay, parseDay } from "./dates";

const TH = { language: "th", era: "BE", suffix: true } as const;
const EN = { language: "en", era: "CE" } as const;

test("1 ต.ค. 2569 is stored as 2026-10-01, and picking it five times does not make the year grow (L2)", () => {
  let text = "1 ต.ค. 2569";
  for (let i = 0; i < 5; i += 1) {
    const parsed = parseDay(text, TH);
    expect(parsed).toMatchObject({ kind: "day", iso: "2026-10-01" });
    if (parsed.kind === "day") text = formatDay(parsed.day, TH, "short");
  }
  expect(text).toBe("1 ต.ค. 2569");
});

test.each([
  ["๑/๑๐/๒๕๖๙", "2026-10-01"],
  ["1/10/69", "2026-10-01"],
  ["1 ตุลาคม พ.ศ. 2569", "2026-10-01"],
  ["1 October 2569", "2026-10-01"],
  ["2026-10-01", "2026-10-01"],
  ["2569-10-01", "2026-10-01"],
  ["29 ก.พ. 2567", "2024-02-29"],
])("in Thai %s is %s", (text, iso) => {
  expect(parseDay(text, TH)).toMatchObject({ kind: "day", iso });
});

test("two digits are of the style's era, a Christian year in Thai is asked about (L3)", () => {
  expect(parseDay("1/10/26", EN)).toMatchObject({ iso: "2026-10-01" });
  expect(parseDay("1 Oct 2026", EN)).toMatchObject({ iso: "2026-10-01" });
  expect(parseDay("1/10/2569", EN)).toMatchObject({ iso: "2026-10-01" });
  expect(parseDay("1/10/2026", TH)).toEqual({ kind: "ambiguous", be: "1483-10-01", ce: "2026-10-01" });
});

test.each(["31/2/2569", "0/1/2569", "1/13/2569", "1/1/256", "1/1/25690", "พรุ่งนี้", "", "30 ก.พ. 2568"])("%s is no day", (text) => {
  expect(parseDay(text, TH)).toEqual({ kind: "invalid" });
});

test("times are Bangkok's, whatever the machine's zone (L5)", () => {
  const at = Date.UTC(2026, 8, 30, 17, 5);
  expect(formatTime(at, TH)).toBe("00:05\u00a0น.");
  expect(formatTime(at, EN)).toBe("00:05");
});

test("a day is written in the style's language and era", () => {
  const day = dayFromIso("2026-10-01");
  expect(isoDay(day)).toBe("2026-10-01");
  expect(formatDay(day, TH)).toBe("1 ตุลาคม 2569");
  expect(formatDay(day, EN)).toBe("1 October 2026");
});
