import { expect, test, vi } from "vitest";

import { activateLocale } from "#i18n/locale";

import { KIND_TEXTS, kindText } from "./roomKinds";

test("a kind of room without a word does not compile", () => {
  const { direct: _, ...rest } = KIND_TEXTS;
  // @ts-expect-error -- one word is missing
  const incomplete: typeof KIND_TEXTS = rest;
  expect(Object.keys(incomplete)).toEqual(["group"]);
});

test.each(["board", "toString"])("a kind that only a newer server knows (%s) is a room", async (kind) => {
  vi.stubGlobal("document", { documentElement: {} });
  await activateLocale("th");
  expect(kindText(kind)).toBe("ห้อง");
});
