import { expect, test } from "vitest";

import { type Around, meaningOf } from "./keys";

const DESK: Around = { touch: false, listed: false, empty: false, mode: "write" };
const press = (key: string, around: Partial<Around> = {}, shift = false, composing = false) => meaningOf({ key, shift, composing }, { ...DESK, ...around });

test.each([
  ["Enter sends", press("Enter"), "send"],
  ["Shift+Enter starts a line", press("Enter", {}, true), null],
  ["Enter on a touch keyboard starts a line", press("Enter", { touch: true }), null],
  ["Enter that ends a composition", press("Enter", {}, false, true), null],
  ["the same, told late", press("Process"), null],
  ["Enter chooses from the list, on a touch keyboard too", press("Enter", { listed: true, touch: true }), "choose"],
  ["Tab chooses", press("Tab", { listed: true }), "choose"],
  ["Shift+Tab goes back", press("Tab", { listed: true }, true), null],
  ["Shift+Enter with a list starts a line", press("Enter", { listed: true }, true), null],
  ["down", press("ArrowDown", { listed: true }), "next"],
  ["up", press("ArrowUp", { listed: true, empty: true }), "previous"],
  ["Esc closes the list first", press("Escape", { listed: true, mode: "edit" }), "dismiss"],
  ["Esc leaves an edit", press("Escape", { mode: "edit" }), "leave_mode"],
  ["Esc leaves a reply", press("Escape", { mode: "reply" }), "leave_mode"],
  ["Esc in plain writing is not ours", press("Escape"), null],
  ["up in an empty field", press("ArrowUp", { empty: true }), "edit_last"],
  ["up in words", press("ArrowUp"), null],
  ["up in an empty edit", press("ArrowUp", { empty: true, mode: "edit" }), null],
  ["a letter", press("ก", { listed: true }), null],
])("%s", (_, meant, expected) => {
  expect(meant).toBe(expected);
});
