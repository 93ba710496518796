import { i18n } from "@lingui/core";
import { beforeAll, expect, test } from "vitest";

import { noticeOnceNamed } from "./notices";

beforeAll(() => i18n.loadAndActivate({ locale: "th", messages: {} }));

const knowing = (names: Record<string, string>) => (id: string, logged?: string | null) => logged ?? names[id] ?? null;

test("a sentence waits until everybody whom it names has a name", () => {
  const closed = (names: Record<string, string>) => noticeOnceNamed({ what: "closed" }, "p_1", knowing(names), "p_me");
  expect(closed({})).toBeNull();
  expect(closed({ p_1: "ลลิตา" })).toContain("ลลิตา");
  const handed = (names: Record<string, string>) => noticeOnceNamed({ what: "transferred", to: "p_2" }, "p_1", knowing(names), "p_me");
  expect(handed({ p_1: "ลลิตา" })).toBeNull();
  expect(handed({ p_1: "ลลิตา", p_2: "นรินทร์" })).toContain("นรินทร์");
});

test("nobody is waited for where the reader, the system or the log's own words are meant", () => {
  const nobody = knowing({});
  expect(noticeOnceNamed({ what: "closed" }, "p_me", nobody, "p_me")).not.toBeNull();
  expect(noticeOnceNamed({ what: "closed" }, null, nobody, "p_me")).not.toBeNull();
  expect(noticeOnceNamed({ what: "removed_by_system", people: [{ p: "p_1", name: "ลลิตา" }], why: "post" }, null, nobody, "p_me")).toContain("ลลิตา");
});
