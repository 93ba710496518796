import { plural } from "@lingui/core/macro";
import { i18n } from "@lingui/core";
import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { formatDate, formatDay, formatDateTime, formatListTime, formatLongDay, formatNumber, formatTime, setDateStyle } from "./dates";
import { thaiDigits } from "./digits";
import { activateLocale } from "./locale";

const AT = Date.UTC(2026, 7, 15, 3, 42);
const HOUR = 3_600_000;

beforeEach(async () => {
  vi.stubGlobal("document", { documentElement: {} });
  await activateLocale("th");
});
afterEach(() => setDateStyle({ era: "auto", digits: "arabic" }));

test("Thai: the Buddhist Era and a 24-hour clock of Bangkok", () => {
  expect(formatTime(AT)).toBe("10.42\u00a0น.");
  expect(formatDate(AT)).toBe("15 ส.ค. 2569");
  expect(formatDateTime(AT)).toBe("15 ส.ค. 2569 10.42\u00a0น.");
  expect(formatLongDay(AT)).toBe("วันเสาร์ที่ 15 สิงหาคม พ.ศ. 2569");
});

test("English: the Common Era", async () => {
  await activateLocale("en");
  expect(formatTime(AT)).toBe("10:42");
  expect(formatDate(AT)).toBe("15 Aug 2026");
  expect(formatLongDay(AT)).toBe("Saturday 15 August 2026");
  expect(formatDay(AT, AT + 24 * HOUR)).toBe("Yesterday");
  expect(i18n.locale).toBe("en");
});

test("the reader's own choice of era and digits", async () => {
  setDateStyle({ era: "common", digits: "thai" });
  expect(formatLongDay(AT)).toBe("วันเสาร์ที่ ๑๕ สิงหาคม ค.ศ. ๒๐๒๖");
  expect(formatNumber(1234)).toBe("๑,๒๓๔");
  setDateStyle({ era: "buddhist", digits: "thai" });
  await activateLocale("en");
  expect(formatLongDay(AT)).toBe("Saturday 15 August 2569 BE");
});

test("a day ends at midnight in Bangkok, wherever the device is", () => {
  const lastMinute = Date.UTC(2026, 7, 15, 16, 59);
  expect(formatDay(lastMinute, AT)).toBe("วันนี้");
  expect(formatDay(lastMinute + HOUR / 6, AT + 24 * HOUR)).toBe("วันนี้");
  expect(formatDay(lastMinute, AT + 24 * HOUR)).toBe("เมื่อวาน");
});

test("times in a list grow shorter with age", () => {
  expect(formatListTime(AT, AT + HOUR)).toBe("10.42\u00a0น.");
  expect(formatListTime(AT, AT + 72 * HOUR)).toBe("เสาร์");
  expect(formatListTime(AT, AT + 40 * 24 * HOUR)).toBe("15 ส.ค.");
  expect(formatListTime(AT, AT + 300 * 24 * HOUR)).toBe("15 ส.ค. 2569");
});

test("counts within sentences follow the digits chosen, in Thai alone", async () => {
  const people = () => plural(12, { other: "# คน" });
  await activateLocale("th", "thai");
  expect(people()).toBe("๑๒ คน");
  await activateLocale("th", "arabic");
  expect(people()).toBe("12 คน");
  await activateLocale("en", "thai");
  expect(people()).toMatch(/^12 /u);
  expect(thaiDigits("TLS 1.3 ภายใน 24 ชั่วโมง <0>5</0> UTF-8 SP 800-38D ไม่เกิน 1,200")).toBe(
    "TLS 1.3 ภายใน ๒๔ ชั่วโมง <0>๕</0> UTF-8 SP 800-38D ไม่เกิน ๑,๒๐๐",
  );
  await activateLocale("th");
});
