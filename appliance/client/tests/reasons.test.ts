/** What a greyed-out button says is word for word what the server would answer, in both languages. */
import { readFile } from "node:fs/promises";

import { i18n } from "@lingui/core";
import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { activateLocale, type Locale } from "../src/i18n/locale";
import { REASONS, reasonText } from "../src/i18n/reasons";

/** Codes that exist only where no server has answered. */
const OURS = new Set(["offline", "broken", "internal"]);

beforeAll(() => vi.stubGlobal("document", { documentElement: {} }));
afterAll(() => vi.unstubAllGlobals());

test.each<Locale>(["th", "en"])("%s", async (locale) => {
  const path = new URL(`../../locale/${locale}.json`, import.meta.url);
  const server = JSON.parse(await readFile(path, "utf8")) as Record<string, string>;
  await activateLocale(locale);
  expect(i18n.locale).toBe(locale);
  for (const code of Object.keys(REASONS).filter((one) => !OURS.has(one))) expect(reasonText(code)).toBe(server[code]);
});

test("what the server said itself comes first", () => {
  expect(reasonText("too_many_requests", "โปรดรอ 3 วินาที")).toBe("โปรดรอ 3 วินาที");
});
