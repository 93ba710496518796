import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { activateLocale } from "../src/i18n/locale";
import { noticeText } from "../src/i18n/notices";

beforeAll(async () => {
  vi.stubGlobal("document", { documentElement: {} });
  await activateLocale("th");
});
afterAll(() => vi.unstubAllGlobals());

const name = (id: string): string => `คุณ${id}`;

test("what the system did is told with its reason in words, never with a code", () => {
  const people = [{ p: "p_1", name: "นายสมชาย ใจดี" }];
  const codes = ["account_ended", "removal_request", "post", "private_chat"];
  const told = codes.flatMap((why) => [
    noticeText({ what: "removed_by_system", people, why }, null, name),
    noticeText({ what: "reassigned", to: "p_1", why }, null, name),
    noticeText({ what: "closed_by_system", why }, null, name),
  ]);
  for (const text of told) expect(text).not.toMatch(/[a-z]+_[a-z]+|post/);
  expect(noticeText({ what: "reassigned", to: "p_1", why: "เกษียณอายุ" }, null, name)).toContain("เกษียณอายุ");
});

test("a new name is told beside the old one", () => {
  const text = noticeText({ what: "renamed", name: "งานใหม่", old: "งานเดิม" }, "p_2", name);
  expect(text).toBe("คุณp_2 เปลี่ยนชื่อห้องจาก “งานเดิม” เป็น “งานใหม่”");
  expect(noticeText({ what: "renamed", name: "งานใหม่", old: null }, "p_2", name)).toBe("คุณp_2 เปลี่ยนชื่อห้องเป็น “งานใหม่”");
});
