import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { focusNext } from "./focusNext";

/** An element as far as this asks for one: what it holds, and who hears that it was given the focus. */
function element(focus: () => void, ...inside: unknown[]) {
  const self: unknown = { focus, contains: (other: unknown) => other === self || inside.includes(other) };
  return self as HTMLElement;
}

const atField = vi.fn();
const elsewhere = vi.fn();
const body = element(elsewhere);
const box = element(elsewhere);
const line = element(elsewhere, box);
const button = element(elsewhere);
const field = element(atField);
let frames: (() => void)[];

const drawn = (focused: Element | null) => {
  vi.stubGlobal("document", { body, activeElement: focused });
  for (const frame of frames.splice(0)) frame();
};

beforeEach(() => {
  frames = [];
  vi.stubGlobal("requestAnimationFrame", (frame: () => void) => frames.push(frame));
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.clearAllMocks();
});

test.each([
  ["at the box that was pressed", box, line],
  ["at the line itself", line, line],
  ["nowhere, since what was pressed is gone", body, line],
  ["nowhere, in browsers that say so with null", null, line],
  ["nowhere, and nothing had it before", body, null],
])("the focus is %s: it goes on", (_, focused, from) => {
  focusNext(from, () => field);
  expect(atField).not.toHaveBeenCalled();
  drawn(focused);
  expect(atField).toHaveBeenCalledOnce();
});

test.each([
  ["from the box that was pressed", line],
  ["from nowhere", null],
])("who moved on to a button before the frame, %s, stays there", (_, from) => {
  focusNext(from, () => field);
  drawn(button);
  expect(atField).not.toHaveBeenCalled();
});

test("the place is looked for once the page is drawn, and may be missing", () => {
  const find = vi.fn(() => null);
  focusNext(line, find);
  expect(find).not.toHaveBeenCalled();
  drawn(box);
  expect(find).toHaveBeenCalledOnce();
});
