import { afterAll, beforeAll, expect, test, vi } from "vitest";

import { activateLocale } from "../src/i18n/locale";
import { departureText, namesLeftOut, noticeText } from "../src/i18n/notices";

beforeAll(async () => {
  vi.stubGlobal("document", { documentElement: {} });
  await activateLocale("th");
});
afterAll(() => vi.unstubAllGlobals());

const name = (id: string, logged: string | null = null): string => logged ?? `คุณ${id}`;

test("what the system did is told with its reason in words, never with a code", () => {
  const people = [{ p: "p_1", name: "นายสมชาย ใจดี" }];
  const codes = ["account_ended", "removal_request", "post", "private_chat"];
  const told = codes.flatMap((why) => [
    noticeText({ what: "removed_by_system", people, why }, null, name, "p_9"),
    noticeText({ what: "reassigned", to: "p_1", why }, null, name, "p_9"),
    noticeText({ what: "closed_by_system", why }, null, name, "p_9"),
  ]);
  for (const text of told) expect(text).not.toMatch(/[a-z]+_[a-z]+|post/);
  expect(noticeText({ what: "reassigned", to: "p_1", why: "เกษียณอายุ" }, null, name, "p_9")).toContain("เกษียณอายุ");
});

test("a new name is told beside the old one", () => {
  const text = noticeText({ what: "renamed", name: "งานใหม่", old: "งานเดิม" }, "p_2", name, "p_9");
  expect(text).toBe("คุณp_2 เปลี่ยนชื่อห้องจาก “งานเดิม” เป็น “งานใหม่”");
  expect(noticeText({ what: "renamed", name: "งานใหม่", old: null }, "p_2", name, "p_9")).toBe("คุณp_2 เปลี่ยนชื่อห้องเป็น “งานใหม่”");
});

test("the reader of a notice is «ท่าน» in it, whoever did it to whom", () => {
  const people = [{ p: "p_9", name: "นางสาวมาลี ศรีสุข" }, { p: "p_1", name: "นายสมชาย ใจดี" }];
  expect(noticeText({ what: "added", people }, "p_2", name, "p_9")).toBe("คุณp_2 เพิ่มท่าน, นายสมชาย ใจดี เข้าห้อง");
  expect(noticeText({ what: "transferred", to: "p_9" }, "p_2", name, "p_9")).toContain("ให้ท่าน");
  expect(noticeText({ what: "added", people: people.slice(0, 1) }, "p_2", name, "p_9")).toBe("คุณp_2 เพิ่มท่านเข้าห้อง");
  expect(noticeText({ what: "added", people: people.slice(1) }, "p_9", name, "p_9")).toBe("ท่าน เพิ่ม นายสมชาย ใจดี เข้าห้อง");
});

test("a reader who was added as the fifth of six is told so first, and can read who else was", () => {
  const people = ["p_1", "p_3", "p_4", "p_5", "p_9", "p_6"].map((p) => ({ p, name: `คุณ${p}` }));
  const notice = { what: "added", people } as const;
  expect(noticeText(notice, "p_2", name, "p_9")).toBe("คุณp_2 เพิ่มท่านและอีก 5 คนเข้าห้อง");
  expect(noticeText(notice, "p_2", name, "p_8")).toBe("คุณp_2 เพิ่ม คุณp_1, คุณp_3, คุณp_4, คุณp_5 และอีก 2 คน เข้าห้อง");
  expect(namesLeftOut(notice)).toBe(true);
  expect(noticeText(notice, "p_2", name, "p_9", true)).toBe("คุณp_2 เพิ่มท่าน, คุณp_1, คุณp_3, คุณp_4, คุณp_5, คุณp_6 เข้าห้อง");
  expect(namesLeftOut({ what: "added", people: people.slice(2) })).toBe(false);
});

test("who was taken off a room is told by whom, from what and when, and by the system why", () => {
  const gone = { room_name: "งานสารบรรณ", at: Date.UTC(2026, 10, 29, 21, 18) };
  expect(departureText(gone, "นายสมชาย ใจมั่น")).toBe("นายสมชาย ใจมั่น นำท่านออกจากห้อง “งานสารบรรณ” เมื่อ 30 พ.ย. 2569 04.18\u00A0น.");
  expect(departureText({ ...gone, why: "account_ended" }, null)).toContain("(บัญชีสิ้นสุดการใช้งาน)");
  for (const actor of [null, "นายสมชาย ใจมั่น"]) {
    expect(departureText({ ...gone, why: "removal_request" }, actor)).toMatch(/นำท่านออกจากห้อง “งานสารบรรณ” ตามคำขอของท่าน เมื่อ /u);
  }
});
