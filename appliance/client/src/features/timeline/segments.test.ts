import { expect, test } from "vitest";

import { isEmojiOnly, segments } from "./segments";

test("a Thai name with a space is one mention, also without a space after it", () => {
  expect(segments("เรียน@นายสมชาย ใจดีทราบ", ["นายสมชาย ใจดี"], false)).toEqual([
    { kind: "text", text: "เรียน" },
    { kind: "mention", text: "@นายสมชาย ใจดี" },
    { kind: "text", text: "ทราบ" },
  ]);
});

test("the longer of two names wins", () => {
  expect(segments("@สมชาย ใจดีงาม", ["สมชาย ใจดี", "สมชาย ใจดีงาม"], false)).toEqual([{ kind: "mention", text: "@สมชาย ใจดีงาม" }]);
});

test("everyone is a mention only where the message says so", () => {
  expect(segments("@ทุกคน ครับ", [], true)[0]).toEqual({ kind: "mention", text: "@ทุกคน" });
  expect(segments("@ทุกคน ครับ", [], false)).toEqual([{ kind: "text", text: "@ทุกคน ครับ" }]);
});

test("a link ends before the punctuation of the sentence", () => {
  expect(segments("ดู https://intranet.test/a?b=1). ครับ", [], false)).toEqual([
    { kind: "text", text: "ดู " },
    { kind: "link", text: "https://intranet.test/a?b=1", href: "https://intranet.test/a?b=1" },
    { kind: "text", text: "). ครับ" },
  ]);
  expect(segments("javascript:alert(1)", [], false)).toEqual([{ kind: "text", text: "javascript:alert(1)" }]);
});

test.each([
  ["👍", true],
  ["🙏🏽 🙏", true],
  ["👨‍👩‍👧", true],
  ["ครับ 👍", false],
  ["😀😀😀😀", false],
  ["123", false],
])("%s alone is emoji: %s", (text, expected) => {
  expect(isEmojiOnly(text)).toBe(expected);
});
