import { expect, test } from "vitest";

import { commandFor, type KeyPress } from "./keys";

const press = (part: Partial<KeyPress>): KeyPress => ({ key: "", code: "", ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...part });

test.each([
  [press({ key: "/", code: "Slash", ctrlKey: true }), "help"],
  [press({ key: "ฝ", code: "Slash", ctrlKey: true }), "help"],
  [press({ key: "า", code: "KeyK", ctrlKey: true }), "search"],
  [press({ key: "k", code: "KeyK", metaKey: true }), "search"],
  [press({ key: "ArrowDown", code: "ArrowDown", altKey: true }), "next_room"],
  [press({ key: "ArrowDown", code: "ArrowDown", altKey: true, shiftKey: true }), "next_unread"],
  [press({ key: "Escape", code: "Escape" }), "back"],
])("%j", (event, command) => {
  expect(commandFor(event)).toBe(command);
});

test("no letter alone does anything", () => {
  for (const key of "กขฟหดjkrea/?") expect(commandFor(press({ key, code: "KeyK" }))).toBeNull();
});
