/** What a greyed-out button says is word for word what the server would answer, in both languages. */
import { readFile } from "node:fs/promises";

import { i18n } from "@lingui/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { setDateStyle } from "../src/i18n/dates";
import { activateLocale, type Locale } from "../src/i18n/locale";
import { failureText, REASONS, reasonText, WAITING } from "../src/i18n/reasons";

/** Codes that exist only where no server has answered. */
const OURS = new Set(["offline", "broken", "internal", "file_missing"]);

beforeAll(() => vi.stubGlobal("document", { documentElement: {} }));
afterAll(() => vi.unstubAllGlobals());

test.each<Locale>(["th", "en"])("%s", async (locale) => {
  const path = new URL(`../../locale/${locale}.json`, import.meta.url);
  const server = JSON.parse(await readFile(path, "utf8")) as Record<string, string>;
  await activateLocale(locale);
  expect(i18n.locale).toBe(locale);
  for (const code of Object.keys(REASONS).filter((one) => !OURS.has(one))) expect(reasonText(code)).toBe(server[code]);
});

test.each<Locale>(["th", "en"])("waits in %s count down in the server's words, and end in their own", async (locale) => {
  const path = new URL(`../../locale/${locale}.json`, import.meta.url);
  const server = JSON.parse(await readFile(path, "utf8")) as Record<string, string>;
  await activateLocale(locale);
  for (const code of Object.keys(WAITING)) {
    expect(failureText({ code, message: "" }, 29)).toBe(server[code]?.replace("{seconds}", "29"));
    expect(failureText({ code, message: "" }, 0)).not.toContain("29");
  }
});

test("a failure has the digits that the reader chose, the server's words and waits included", async () => {
  setDateStyle({ era: "auto", digits: "thai" });
  await activateLocale("th", "thai");
  const short = { code: "password_too_short", message: "รหัสผ่านต้องมีอย่างน้อย 14 ตัวอักษร", language: "th" };
  expect(failureText(short, null)).toBe("รหัสผ่านต้องมีอย่างน้อย ๑๔ ตัวอักษร");
  expect(failureText({ code: "sign_in_delayed", message: "" }, 29)).toContain("๒๙ วินาที");
  expect(reasonText("request_withdrawn")).toContain("ครบ ๑ วัน");
  setDateStyle({ era: "auto", digits: "arabic" });
});

test("a failure speaks the language of the page, whichever it was when it happened", async () => {
  await activateLocale("en");
  const thai = { code: "sign_in_failed", message: "ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง", language: "th" };
  expect(failureText(thai, null)).toMatch(/^[\x20-\x7e]+$/u);
  // What only the server can word is said in its words while they are of this page, and by its code otherwise.
  const only = { code: "password_too_short", message: "รหัสผ่านต้องมีอย่างน้อย 14 ตัวอักษร", language: "th" };
  expect(failureText(only, null)).toContain("password_too_short");
  const large = { code: "file_too_large_to_clean", message: "ระบบลบ… ไม่เกิน 268 MB", language: "th" };
  expect(failureText(large, null)).toMatch(/^[\x20-\x7e“”]+$/u);
  expect(failureText(large, null)).not.toContain(large.code);
  await activateLocale("th");
  expect(failureText(only, null)).toBe(only.message);
  expect(failureText(large, null)).toBe(large.message);
});
