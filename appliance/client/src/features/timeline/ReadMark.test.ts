import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { createElement } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { beforeEach, expect, test, vi } from "vitest";

import { activateLocale } from "#i18n/locale";

import { message } from "./fixtures";
import { ReadMark } from "./ReadMark";

beforeEach(() => vi.stubGlobal("document", { documentElement: {} }));

function drawn(by: number, of: number, sender = "p_a"): string {
  const item = { ...message(1, sender, 0), read: { by, of } };
  const mark = createElement(ReadMark, { item, tabIndex: 0, onOpen: () => undefined });
  return renderToStaticMarkup(createElement(I18nProvider, { i18n, children: mark }));
}

test.each([
  ["th", 0, 3, "ยังไม่มีผู้อ่าน อ่านแล้ว 0 จาก 3 คน เปิดรายชื่อผู้อ่าน"],
  ["th", 2, 3, "อ่านแล้ว 2 อ่านแล้ว 2 จาก 3 คน เปิดรายชื่อผู้อ่าน"],
  ["en", 3, 3, "Read by all 3 Read by 3 of 3 people Open the list of readers"],
] as const)("the name of a mark does not depend on whether its words are shown (%s, %i of %i)", async (locale, by, of, name) => {
  await activateLocale(locale);
  expect(drawn(by, of)).toContain(`<button type="button" class="msg-read ${by === of ? "msg-read-all" : ""}" aria-label="${name}"`);
});

test("between two, one's own message says whether the other has read it, and the other's says nothing", async () => {
  await activateLocale("th");
  expect(drawn(0, 1, "p_me")).toContain("<span>ยังไม่อ่าน</span>");
  expect(drawn(1, 1, "p_me")).toContain("<span>อ่านแล้ว</span>");
  expect(drawn(1, 1)).toBe("");
});
