import { expect, test } from "vitest";

import { plainSegmenter, segmenter } from "./segmenter";

const parts = (of: ReturnType<typeof segmenter>, text: string): string[] => Array.from(of.segment(text), ({ segment }) => segment);

test.each(["น้ำใสปิ่นจ่ำ", "กำหนดการ ๑๒", "👩‍🔬👍🏽🇹🇭", "a\r\ne\u0301", ""])("without Intl.Segmenter the graphemes of %j are the same", (text) => {
  expect(parts(plainSegmenter("grapheme"), text)).toEqual(parts(segmenter("grapheme"), text));
});

test("without Intl.Segmenter a word ends at a space", () => {
  const words = [...plainSegmenter("word").segment("สมชาย ใจมั่น")].filter((part) => part.isWordLike);
  expect(words.map(({ segment, index }) => [segment, index])).toEqual([["สมชาย", 0], ["ใจมั่น", 6]]);
});
