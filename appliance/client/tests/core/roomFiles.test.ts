/** The files of a room: page by page, in step with the log. */
import { expect, test, vi } from "vitest";

import { CallError } from "#core/errors";
import type { Applied } from "#core/feed";
import type { Event, FileView, Form, RoomFiles, RoomFilesQuery } from "#core/protocol";
import { RoomFileList } from "#core/roomFiles";

import { settled, until } from "./fakePorts";

const file = (id: string, form: FileView["form"] = "picture"): FileView => ({ id, name: `${id}.jpg`, type: "image/jpeg", size: 1, form, state: "pending", variants: [] });
const row = (n: number, id = `f_${n}`) => ({ n, at: n, sender: "p_a", file: file(id) });
const message = (n: number, ...files: FileView[]): Event => ({ type: "message.text", at: n, n, id: `e_${n}`, room: "r_1", sender: "p_b", body: { text: "", files } });

function made(...pages: (RoomFiles | Error)[]) {
  return madeOf(["picture"], pages);
}

function madeOf(forms: readonly Form[], pages: (RoomFiles | Error)[]) {
  const asked: RoomFilesQuery[] = [];
  const roomFiles = vi.fn((_: string, query: RoomFilesQuery) => {
    asked.push(query);
    const page = pages.shift() ?? { files: [] };
    return page instanceof Error ? Promise.reject(page) : Promise.resolve(page);
  });
  const listeners = new Set<(applied: Applied) => void>();
  const feed = { onApplied: (listener: (applied: Applied) => void) => (listeners.add(listener), () => listeners.delete(listener)) };
  const tell = (events: readonly Event[], more: Partial<Applied> = {}) =>
    listeners.forEach((listener) => listener({ events, gone: [], begun: new Set(), reset: false, live: true, ...more }));
  const list = new RoomFileList("r_1", forms, { roomFiles }, feed);
  const ids = () => list.snapshot().files.map((one) => one.file.id);
  return { list, tell, ids, asked, roomFiles, listeners };
}

test("pages come one after the other, to the end", async () => {
  const { list, ids, asked } = made({ files: [row(9), row(8)], cursor: "c1" }, { files: [row(8), row(3)] });
  list.open();
  await until(() => ids().length === 2);
  await Promise.all([list.loadMore(), list.loadMore()]);
  expect(ids()).toEqual(["f_9", "f_8", "f_3"]);
  expect(list.snapshot().more).toBe(false);
  await list.loadMore();
  expect(asked.map(({ cursor }) => cursor)).toEqual([null, "c1"]);
  expect(asked[0]?.form).toBe("picture");
});

test("of several forms the newest of all come first, and none before what may still come", async () => {
  const { list, ids } = madeOf(
    ["picture", "video"],
    [{ files: [row(9), row(3)], cursor: "p" }, { files: [row(8), row(7), row(2)] }, { files: [row(1)] }],
  );
  list.open();
  await until(() => ids().length > 0);
  // Below the last picture the next page of pictures may hold something newer than the last video.
  expect(ids()).toEqual(["f_9", "f_8", "f_7", "f_3"]);
  await list.loadMore();
  expect(ids()).toEqual(["f_9", "f_8", "f_7", "f_3", "f_2", "f_1"]);
  expect(list.snapshot().more).toBe(false);
});

test("a page without anything to show is no end; what waits to be shown is retracted too", async () => {
  const { list, ids, tell } = madeOf(["picture", "video"], [{ files: [], cursor: "p" }, { files: [row(8), row(7)] }, { files: [row(9)] }]);
  list.open();
  await until(() => list.snapshot().pages === 1);
  expect(list.snapshot()).toMatchObject({ files: [], more: true });
  tell([{ type: "message.redact", at: 1, n: 13, room: "r_1", sender: "p_a", target: 8 }]);
  await list.loadMore();
  expect(ids()).toEqual(["f_9", "f_7"]);
});

test("the log brings files to the front and takes them away", async () => {
  const { list, ids, tell } = made({ files: [row(9), row(8), row(7)] });
  list.open();
  await until(() => ids().length === 3);
  tell([message(12, file("f_12"), file("f_doc", "document"), file("f_13")), { ...message(12, file("f_x")), room: "r_2" }]);
  tell([message(12, file("f_12"))]);
  expect(ids()).toEqual(["f_13", "f_12", "f_9", "f_8", "f_7"]);
  tell([{ type: "message.redact", at: 1, n: 13, room: "r_1", sender: "p_a", target: 9 }]);
  expect(ids()).toEqual(["f_13", "f_12", "f_8", "f_7"]);
  tell([{ type: "shred", at: 1, n: 14, room: "r_1", state: { from: 0, to: 8 } }]);
  expect(ids()).toEqual(["f_13", "f_12"]);
  tell([], { gone: ["r_1"] });
  expect(list.snapshot()).toMatchObject({ files: [], more: false });
});

test("what becomes known of a file is told in place, and nothing else moves", async () => {
  const { list, ids, tell } = made({ files: [row(9), row(8)] });
  list.open();
  await until(() => ids().length === 2);
  const before = list.snapshot();
  tell([{ type: "file", at: 1, room: "r_1", state: { n: 8, id: "f_9", facts: { state: "clean", variants: [] } } }]);
  expect(list.snapshot()).toBe(before);
  tell([{ type: "file", at: 1, room: "r_1", state: { n: 8, id: "f_8", facts: { state: "clean", variants: [] } } }]);
  expect(list.snapshot().files.map((one) => one.file.state)).toEqual(["pending", "clean"]);
  expect(list.snapshot().files[0]).toBe(before.files[0]);
});

test("a message retracted while its page was on its way does not come back with it", async () => {
  let answer: (page: RoomFiles) => void = () => undefined;
  const { list, ids, tell, roomFiles } = made();
  roomFiles.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
  list.open();
  tell([{ type: "message.redact", at: 1, n: 13, room: "r_1", sender: "p_a", target: 9 }, message(14, file("f_14"))]);
  answer({ files: [row(9), row(8)] });
  await until(() => !list.snapshot().loading);
  expect(ids()).toEqual(["f_14", "f_8"]);
});

test("a failure is said and the list goes on where it was; a list that was closed takes nothing", async () => {
  const { list, ids, listeners } = made({ files: [row(9)], cursor: "c1" }, CallError.offline(), { files: [row(8)] });
  const close = list.open();
  await until(() => ids().length === 1);
  await list.loadMore();
  expect(list.snapshot()).toMatchObject({ failure: { code: "offline" }, more: true });
  const going = list.loadMore();
  close();
  await going;
  await settled();
  expect(ids()).toEqual(["f_9"]);
  expect(listeners.size).toBe(0);
});
