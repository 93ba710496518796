import { beforeEach, expect, test, vi } from "vitest";

import { activateLocale } from "#i18n/locale";

import { KIND_TEXTS, kindText, reachText, scopeAndAgencies } from "./roomKinds";

beforeEach(() => void vi.stubGlobal("document", { documentElement: {} }));

test("a kind of room without a word does not compile", () => {
  const { direct: _, ...rest } = KIND_TEXTS;
  // @ts-expect-error -- one word is missing
  const incomplete: typeof KIND_TEXTS = rest;
  expect(Object.keys(incomplete)).toEqual(["group"]);
});

test.each(["board", "toString"])("a kind that only a newer server knows (%s) is a room", async (kind) => {
  await activateLocale("th");
  expect(kindText(kind)).toBe("ห้อง");
});

function agency(id: string) {
  return { id, name: `กระทรวง${id}`, name_en: `Ministry ${id}`, status: "linked" };
}

test("a room of one agency says so", async () => {
  await activateLocale("th");
  expect(scopeAndAgencies({ scope: "local" })).toBe("ภายในหน่วยงาน");
});

test("the agencies of a room are named, its hub first", async () => {
  await activateLocale("th");
  expect(scopeAndAgencies({ scope: "cross_agency", agencies: [agency("moph"), agency("moi")] })).toBe("ข้ามหน่วยงาน: กระทรวงmoph, กระทรวงmoi");
});

test("of many agencies three are named and the others counted", async () => {
  await activateLocale("th");
  const agencies = ["a", "b", "c", "d", "e"].map(agency);
  expect(scopeAndAgencies({ scope: "cross_agency", agencies })).toBe("ข้ามหน่วยงาน: กระทรวงa, กระทรวงb, กระทรวงc และอีก 2 หน่วยงาน");
});

test("on an English page they go by their English names", async () => {
  await activateLocale("en");
  expect(scopeAndAgencies({ scope: "cross_agency", agencies: [agency("moi")] })).toContain("Ministry moi");
});

test("only an agency that cannot be reached is remarked on", async () => {
  await activateLocale("th");
  expect(reachText("linked")).toBeNull();
  expect(reachText("unreachable")).toBe("ติดต่อไม่ได้ในขณะนี้");
  expect(reachText("revoked")).not.toBeNull();
  expect(reachText("of a newer server")).toBeNull();
});
