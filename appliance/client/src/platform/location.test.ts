import { expect, test, vi } from "vitest";

import { fakeTab } from "./fixtures";
import { PageLocation } from "./location";

function page(start?: string) {
  const history = fakeTab(start);
  const location = new PageLocation(history.port);
  const dialog = (options = {}) => {
    const onBack = vi.fn();
    return { onBack, ...location.open(onBack, options) };
  };
  return { ...history, location, dialog };
}

test("Back closes the topmost layer and leaves the screen under it", () => {
  const { location, dialog, back, hash } = page();
  location.push("/rooms/r_1");
  const sheet = dialog();
  const menu = dialog();
  back();
  expect([menu.onBack, sheet.onBack].map((close) => close.mock.calls.length)).toEqual([1, 0]);
  back();
  expect(sheet.onBack).toHaveBeenCalledOnce();
  expect(hash()).toBe("/rooms/r_1");
  back();
  expect(hash()).toBe("/rooms");
});

test("Back passes over what was closed by its button, however many there were", () => {
  const { location, dialog, back, hash } = page();
  location.push("/rooms/r_1");
  const sheet = dialog();
  dialog().release();
  sheet.release();
  back();
  expect(hash()).toBe("/rooms");
  expect(sheet.onBack).not.toHaveBeenCalled();
});

test("opening and closing a hundred times makes the history no longer than once", () => {
  const { dialog, length } = page();
  for (let i = 0; i < 100; i += 1) dialog().release();
  expect(length()).toBe(2);
});

test("a page opened from a dialog takes its place: Back leads to where one was before", () => {
  const { location, dialog, back, hash } = page();
  location.push("/people");
  const picker = dialog();
  location.push("/rooms/r_new");
  picker.release();
  back();
  expect(hash()).toBe("/people");
  expect(picker.onBack).not.toHaveBeenCalled();
});

test("a layer that stays is found again behind the pages opened from it", () => {
  const { location, dialog, back, hash } = page("/rooms/r_1/info");
  const search = dialog({ stays: true, hash: "/rooms/r_1" });
  expect([hash(), search.isOnTop()]).toEqual(["/rooms/r_1", true]);
  location.push("/rooms/r_2/message/5");
  expect(search.isOnTop()).toBe(false);
  back();
  expect([hash(), search.isOnTop(), search.onBack.mock.calls.length]).toEqual(["/rooms/r_1", true, 0]);
  back();
  expect([hash(), search.onBack.mock.calls.length]).toEqual(["/rooms/r_1/info", 1]);
});

test("what stays and was closed behind a page is not stopped at twice", () => {
  const { location, dialog, back, hash } = page();
  location.push("/people");
  const search = dialog({ stays: true });
  location.push("/rooms/r_2");
  search.release();
  back();
  expect(hash()).toBe("/people");
  back();
  expect(hash()).toBe("/rooms");
});

test("a dialog that asks before it closes keeps its place under the question", () => {
  const { location, back, hash } = page();
  location.push("/rooms/r_1");
  const told: string[] = [];
  const picker = location.open(() => told.push("picker"));
  back();
  const question = location.open(() => told.push("question"));
  location.open(() => told.push("picker again"), { rank: picker.rank });
  back();
  back();
  expect(told).toEqual(["picker", "question", "picker again"]);
  question.release();
  expect(hash()).toBe("/rooms/r_1");
});

test("links that the browser follows itself count as steps, and Forward to a closed layer shows the screen", () => {
  const { link, dialog, back, forward, hash } = page();
  dialog().release();
  link("/people");
  back();
  expect(hash()).toBe("/rooms");
  forward();
  expect(hash()).toBe("/people");
});

test("after a reload the entries of dialogs are passed over", () => {
  const history = fakeTab();
  const before = new PageLocation(history.port);
  before.push("/rooms/r_1");
  before.open(() => undefined);
  const after = new PageLocation(history.port);
  const heard = vi.fn();
  after.subscribe(heard);
  history.back();
  expect(history.hash()).toBe("/rooms");
  expect(heard).toHaveBeenCalled();
});
