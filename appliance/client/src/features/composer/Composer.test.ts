import { i18n } from "@lingui/core";
import { beforeEach, expect, test, vi } from "vitest";

import { type DraftChange, Drafts } from "#core/drafts";
import type { Core } from "#core/index";
import { PasswordGuard } from "#core/passwordGuard";
import { Recorder } from "#core/recorder";
import type { Attachment, DraftText, MessageItem, RoomSnapshot } from "#core/snapshots";
import { type Readable, Store } from "#core/store";
import { Turns } from "#core/turns";

import { ComposerModel } from "./ComposerModel";

const EMPTY: DraftText = { text: "", mentions: [], everyone: false, replyTo: null };
const member = (person: string, name: string) => ({ person, name, role: "member", since: 0 });

let drafts: Drafts;
let draft: Readable<DraftText>;
let room: Store<RoomSnapshot | null>;
let model: ComposerModel;
let passwordGuard: PasswordGuard;
let recorder: Recorder;
const add = vi.fn((_room: string, _text: DraftText) => Promise.resolve("t_1"));
const edit = vi.fn(() => Promise.resolve());
const tell = vi.fn();

beforeEach(() => {
  vi.clearAllMocks();
  i18n.loadAndActivate({ locale: "th", messages: {} });
  drafts = new Drafts(new Turns());
  draft = drafts.draft("r_1");
  room = new Store<RoomSnapshot | null>({
    members: [member("p_me", "นายวิชัย ดีงาม"), member("p_1", "นายสมชาย ใจดี"), member("p_2", "นางสาวอรุณี แสงทอง")],
    denied: {},
  } as unknown as RoomSnapshot);
  passwordGuard = new PasswordGuard(Math.random);
  recorder = new Recorder({ open: () => Promise.reject(new Error("no microphone")) }, { now: () => 0, setTimeout, clearTimeout });
  const core = {
    attachments: () => new Store<readonly Attachment[]>([]),
    drafts,
    rooms: { room: () => room },
    outbox: {
      add: async (id: string, text: DraftText, from: () => DraftChange) => {
        const txn = await add(id, text);
        from().done();
        return txn;
      },
    },
    timeline: () => ({ edit, snapshot: () => ({ items: [] }) }),
    typing: { tell },
    session: { snapshot: () => ({ kind: "signed_in", me: { person: { id: "p_me" } } }), passwordGuard },
    people: { known: () => null },
  };
  model = new ComposerModel(core as unknown as Core, "r_1", recorder);
});

test("sends the trimmed text with the people still named in it, and empties the draft", async () => {
  model.setText("@นายสมชาย ใจดี โปรดทราบ ");
  model.addMention("p_1");
  model.addMention("p_2");
  expect(await model.send()).toBe(true);
  expect(add).toHaveBeenCalledWith("r_1", { text: "@นายสมชาย ใจดี โปรดทราบ", mentions: ["p_1"], everyone: false, replyTo: null });
  expect(draft.snapshot()).toEqual(EMPTY);
});

test("on an English page people are found by either spelling, and a mention holds in both", async () => {
  i18n.loadAndActivate({ locale: "en", messages: {} });
  room.update((now) => now && { ...now, members: [{ ...member("p_1", "นายสมชาย ใจดี"), name_en: "Mr. Somchai Jaidee" }, member("p_2", "นางสาวอรุณี แสงทอง")] });
  for (const typed of ["som", "สมชาย"]) expect(model.candidates(typed).map(({ name }) => name)).toEqual(["Mr. Somchai Jaidee"]);
  expect(model.candidates("อรุณี").map(({ name }) => name)).toEqual(["นางสาวอรุณี แสงทอง"]);
  for (const text of ["@Mr. Somchai Jaidee please note", "@นายสมชาย ใจดี โปรดทราบ"]) {
    model.setText(text);
    model.addMention("p_1");
    await model.send();
    expect(add).toHaveBeenLastCalledWith("r_1", expect.objectContaining({ text, mentions: ["p_1"] }));
  }
});

test("what is typed while a message is being kept is the next message, and both arrive in order", async () => {
  let keep = (): void => undefined;
  add.mockImplementationOnce(() => new Promise((resolve) => (keep = () => resolve("t_1"))));
  model.setText("หนึ่ง");
  const first = model.send();
  expect(draft.snapshot()).toEqual(EMPTY);
  model.setText("สอง");
  const second = model.send();
  model.setText("สา");
  await vi.waitFor(() => expect(add).toHaveBeenCalledTimes(1));
  keep();
  expect(await Promise.all([first, second])).toEqual([true, true]);
  expect(add.mock.calls.map(([, said]) => said.text)).toEqual(["หนึ่ง", "สอง"]);
  expect(draft.snapshot().text).toBe("สา");
});

test("words that could not be kept come back in front of the newer ones", async () => {
  add.mockRejectedValueOnce(new Error("disk full"));
  drafts.set("r_1", { ...EMPTY, replyTo: 3 });
  model.setText("หนึ่ง");
  const sending = model.send();
  model.setText("สอง");
  expect(await sending).toBe(false);
  expect(draft.snapshot()).toEqual({ ...EMPTY, text: "หนึ่ง\nสอง", replyTo: 3 });
  expect(model.attempt.snapshot().failure).not.toBeNull();
});

test("the length is counted as the server counts, near the limit; a text over it stays unsent", async () => {
  model.setText("ก".repeat(17_999));
  expect(model.snapshot().length).toBeNull();
  model.setText("😊".repeat(9_500));
  expect(model.snapshot().length).toBeNull();
  model.setText("😊".repeat(20_000));
  expect(model.snapshot().length).toBe(20_000);
  expect(await model.send()).toBe(true);
  model.setText(`${"ก".repeat(20_002)}  `);
  expect(model.snapshot().length).toBe(20_002);
  expect(await model.send()).toBe(false);
  expect(model.snapshot().text).toHaveLength(20_004);
  expect(add).toHaveBeenCalledTimes(1);
});

test("nothing but spaces is not sent", async () => {
  model.setText("  \n ");
  await model.send();
  expect(add).not.toHaveBeenCalled();
});

test("@ทุกคน calls everyone", async () => {
  model.setText("@ทุกคน ประชุมบ่ายโมง");
  await model.send();
  expect(add).toHaveBeenCalledWith("r_1", expect.objectContaining({ everyone: true }));
});

test("the others are told of typing while a message is written, and not while an old one is edited", () => {
  model.startEdit({ n: 7, text: "เดิม", mentions: [] } as unknown as MessageItem);
  model.setText("เดิมแก้");
  expect(tell).not.toHaveBeenCalled();
  model.cancelMode();
  model.setText("");
  expect(tell).not.toHaveBeenCalled();
  model.setText("ใหม่");
  expect(tell.mock.calls).toEqual([["r_1"]]);
});

test("an edit leaves the draft alone and comes back to it", async () => {
  model.setText("ร่างค้างไว้");
  model.startEdit({ n: 7, text: "เดิม", mentions: [] } as unknown as MessageItem);
  expect(model.snapshot()).toMatchObject({ text: "เดิม", mode: { kind: "edit", n: 7 } });
  model.setText("ใหม่");
  await model.send();
  expect(edit).toHaveBeenCalledWith(7, { text: "ใหม่", mentions: [], everyone: false, replyTo: null });
  expect(model.snapshot()).toMatchObject({ text: "ร่างค้างไว้", mode: { kind: "write" } });
});

test("a reply chosen elsewhere arrives through the draft; cancelling keeps the words", () => {
  drafts.set("r_1", { ...EMPTY, text: "รับทราบ", replyTo: 3 });
  expect(model.snapshot().mode).toEqual({ kind: "reply", n: 3 });
  model.cancelMode();
  expect(draft.snapshot()).toEqual({ ...EMPTY, text: "รับทราบ" });
});

test("oneself is not offered for a mention; a room that denies posting says why", () => {
  expect(model.candidates("").map((person) => person.id)).toEqual(["p_2", "p_1"]);
  expect(model.candidates("ชาย").map((person) => person.name)).toEqual(["นายสมชาย ใจดี"]);
  room.update((now) => now && { ...now, denied: { post: "room_closed" } });
  expect(model.snapshot().denied).toBe("room_closed");
});

test("words with one's own password wait for a second thought, and lose nothing by it", async () => {
  passwordGuard.learn("ปลาบู่ทอง-๒๔๗๕");
  model.setText("เข้าเครื่องด้วยปลาบู่ทอง-๒๔๗๕ นะ");
  expect(await model.send()).toBe(false);
  expect(model.snapshot()).toMatchObject({ asking: true, text: "เข้าเครื่องด้วยปลาบู่ทอง-๒๔๗๕ นะ" });
  expect(add).not.toHaveBeenCalled();
  model.keepWriting();
  expect(model.snapshot()).toMatchObject({ asking: false, text: "เข้าเครื่องด้วยปลาบู่ทอง-๒๔๗๕ นะ" });
  expect(await model.sendAnyway()).toBe(true);
  expect(add).toHaveBeenCalledTimes(1);
});
