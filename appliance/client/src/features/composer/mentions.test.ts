import { expect, test } from "vitest";

import { withMention } from "./mentions";

test("the chosen name replaces what was typed, with one space after it", () => {
  expect(withMention("เรียน@ชาย ทราบ", 9, 5, "นายสมชาย ใจดี")).toEqual({ text: "เรียน@นายสมชาย ใจดี ทราบ", caret: 20 });
  expect(withMention("@", 1, 0, "Anong")).toEqual({ text: "@Anong ", caret: 7 });
});
