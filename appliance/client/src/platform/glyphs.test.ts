import { expect, test } from "vitest";

import { canDraw } from "./glyphs";

/** A system whose one font has a picture for the thumb and draws the same box for everything else. */
const picture = (text: string): string => text.replace(/\ufe0f/gu, "").replace(/[^👍]/gu, "□");

test("an emoji that looks like a character no font has cannot be drawn (browsers 5)", () => {
  expect(canDraw("👍", picture)).toBe(true);
  expect(canDraw("🙏", picture)).toBe(false);
  expect(canDraw("❤️", picture)).toBe(false);
  expect(canDraw("🇹🇭", picture)).toBe(false);
});

test("where nothing can be drawn out of sight, every emoji counts as drawn", () => {
  expect(canDraw("🎉", () => null)).toBe(true);
});
