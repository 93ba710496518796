import { expect, test } from "vitest";

import { isEmojiOnly, mayBeLong, segments } from "./segments";

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

const hrefs = (text: string): string[] => segments(text, [], false).flatMap((part) => (part.kind === "link" ? [`${part.text} ${part.href}`] : []));

test.each([
  ["ดูที่ www.moph.go.th, ครับ", "www.moph.go.th https://www.moph.go.th"],
  ["ดูwww.moph.go.thครับ", "www.moph.go.th https://www.moph.go.th"],
  ["ส่งที่ somchai.j@moph.go.th.", "somchai.j@moph.go.th mailto:somchai.j@moph.go.th"],
  ["โทร 02-590-1000 ต่อ 12", "02-590-1000 tel:025901000"],
  ["โทร.0812345678", "0812345678 tel:0812345678"],
  ["โทร 0812345678 ครับ", "0812345678 tel:0812345678"],
  ["โทร ๐๘๑ ๒๓๔ ๕๖๗๘", "๐๘๑ ๒๓๔ ๕๖๗๘ tel:0812345678"],
  ["ที่ สธ 0201.032/ว 1234 เลขบัตร 1-0812-34567-89-0 บัญชี 10812345678 ราคา 3.0812345678", ""],
  ["javascript:www.a.th data:a@b.th mailto:a@b.th?cc=x file:///www.a.th", ""],
  ["โทร 044-123-456", "044-123-456 tel:044123456"],
  ["โทร +66 81 234 5678", "+66 81 234 5678 tel:+66812345678"],
])("%s leads to: %s", (text, expected) => {
  expect(hrefs(text).join()).toBe(expected);
});

test.each(["\u202e", "\u2067", "\u200b", "\u00ad", "\u2060", "\ufeff", "\u3164", "\u2800", "\ufe0f", "\u{e0061}"])("an address ends before %j, which cannot be seen", (hidden) => {
  expect(hrefs(`ดู https://www.moph.go.th/${hidden}ht.og.live//:sptth`)).toEqual(["https://www.moph.go.th/ https://www.moph.go.th/"]);
  expect(hrefs(`ดู www.moph.go.th/a${hidden}b`)).toEqual(["www.moph.go.th/a https://www.moph.go.th/a"]);
});

test("code and bold are drawn without their marks, and nothing in code is a link or a name", () => {
  expect(segments("ใช้ `ls www.a.th` แล้ว **ด่วน @มาลี** ครับ", ["มาลี"], false)).toEqual([
    { kind: "text", text: "ใช้ " },
    { kind: "code", text: "ls www.a.th" },
    { kind: "text", text: " แล้ว " },
    { kind: "text", text: "ด่วน ", bold: true },
    { kind: "mention", text: "@มาลี", bold: true },
    { kind: "text", text: " ครับ" },
  ]);
  expect(segments("```\nif (a) {\n  **b**\n}\n```\nจบ", [], false)).toEqual([
    { kind: "code_block", text: "if (a) {\n  **b**\n}" },
    { kind: "text", text: "จบ" },
  ]);
  for (const plain of ["2 ** 3 ** 4", "``` ```", "`ก\nข`", "**ก\nข**", "````", "****", "a*b*c"]) expect(segments(plain, [], false).map(({ text }) => text).join("")).toBe(plain);
});

test("a text of many lines, or of one very long, may need folding", () => {
  expect(mayBeLong("ก\n".repeat(19))).toBe(false);
  expect(mayBeLong("ก\n".repeat(20))).toBe(true);
  expect(mayBeLong("ก".repeat(799))).toBe(false);
  expect(mayBeLong("ก".repeat(800))).toBe(true);
});
