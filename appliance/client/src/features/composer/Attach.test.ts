import { beforeEach, expect, test, vi } from "vitest";

import type { Core, NotAttached } from "#core/index";
import type { LocalFile } from "#core/ports";
import { Recorder, type Recording, type Take } from "#core/recorder";
import type { Attachment } from "#core/snapshots";
import { Store } from "#core/store";

import { AttachModel, newsBetween } from "./AttachModel";
import { VoiceModel } from "./VoiceModel";

const attachment = (id: string, part: Partial<Attachment> = {}): Attachment => ({
  ...{ id, name: `${id}.pdf`, type: "application/pdf", size: 10, form: "document", original: false, originalFree: true },
  ...{ width: null, height: null, seconds: null, state: "waiting", acknowledged: 0, cut: null, failure: null, sent: null, remote: null },
  ...part,
});
const local = (name: string): LocalFile => ({ name, type: "", size: 1, slice: () => Promise.resolve(new ArrayBuffer(1)) });

const chosen = (...names: string[]) => names.map((name) => ({ name, read: () => Promise.resolve(local(name)) }));

let list: Store<readonly Attachment[]>;
let model: AttachModel;
const add = vi.fn<(files: readonly LocalFile[], options: object) => Promise<readonly NotAttached[]>>();
const remove = vi.fn<(id: string) => Promise<void>>();

beforeEach(() => {
  vi.resetAllMocks();
  list = new Store<readonly Attachment[]>([]);
  add.mockImplementation(([file]) => {
    list.update((now) => [...now, attachment(`u${now.length + 1}`, { name: file?.name ?? "" })]);
    return Promise.resolve([]);
  });
  remove.mockImplementation((id) => Promise.resolve(list.update((now) => now.filter((file) => file.id !== id))));
  const attachments = { snapshot: list.snapshot, subscribe: list.subscribe, add, remove };
  const uploads = { pause: vi.fn(), resume: vi.fn(), retry: vi.fn(), setOriginal: vi.fn(), chooseAgain: vi.fn(() => Promise.resolve(false)), fileOf: () => null };
  model = new AttachModel({ attachments: () => attachments, uploads } as unknown as Core, "r_1");
});

const said = () => model.news.snapshot().said;

test("files are attached in their order, however long one is looked at, and said once", async () => {
  let read = (_: LocalFile): void => undefined;
  const slow = () => new Promise<LocalFile>((resolve) => (read = resolve));
  const done = model.add([{ name: "ก.jpg", read: slow }, ...chosen("ข.jpg")]);
  expect(model.snapshot().reading).toBe(2);
  await vi.waitFor(() => expect(read).not.toBe(undefined));
  let settled = false;
  const waiting = model.settled().then(() => (settled = true));
  await Promise.resolve();
  expect(settled).toBe(false);
  read(local("ก.jpg"));
  expect(await done).toBe(true);
  await waiting;
  expect(model.snapshot()).toMatchObject({ reading: 0, refused: [] });
  expect(model.snapshot().files.map(({ name }) => name)).toEqual(["ก.jpg", "ข.jpg"]);
  expect(said()).toEqual({ kind: "attached", count: 2 });
});

test("what is refused is named with its reason, and the others are attached all the same", async () => {
  add.mockResolvedValueOnce([{ name: "a.exe", code: "file_blocked" }]);
  await model.add(chosen("a.exe", "b.pdf"), [{ name: "โฟลเดอร์", code: "folder" }]);
  expect(model.snapshot().refused).toEqual([
    { name: "โฟลเดอร์", code: "folder" },
    { name: "a.exe", code: "file_blocked" },
  ]);
  expect(said()).toEqual({ kind: "attached", count: 1 });
  await model.add(chosen("c.pdf"));
  expect(model.snapshot().refused).toEqual([]);
});

test("a device that cannot keep a file says so, and the next one is tried", async () => {
  add.mockRejectedValueOnce(new Error("no room"));
  expect(await model.add(chosen("a", "b"))).toBe(true);
  expect(model.snapshot().files).toHaveLength(1);
  expect(model.snapshot().reading).toBe(0);
});

test("a file that cannot be read is named and does not hold the others up", async () => {
  expect(await model.add([{ name: "a", read: () => Promise.reject(new Error("gone")) }, ...chosen("b")])).toBe(true);
  expect(model.snapshot()).toMatchObject({ reading: 0, files: [{ name: "b" }], refused: [{ name: "a", code: "file_unreadable" }] });
});

test("taking a file out is said by its name", async () => {
  list.set([attachment("u1")]);
  model.remove("u1");
  await vi.waitFor(() => expect(said()).toEqual({ kind: "removed", name: "u1.pdf" }));
});

test("another file in place of a lost one is refused in words", async () => {
  model.chooseAgain("u1", local("อื่น.pdf"));
  await vi.waitFor(() => expect(model.snapshot().refused).toEqual([{ name: "อื่น.pdf", code: "file_not_same" }]));
});

test.each<[string, Partial<Attachment>[], Partial<Attachment>[], object | null]>([
  ["progress says nothing", [{ state: "sending" }], [{ state: "sending", acknowledged: 5 }], null],
  ["a pause says nothing: its button does", [{ state: "sending" }], [{ state: "paused" }], null],
  ["one of two ready says nothing", [{ state: "sending" }, { state: "sending" }], [{ state: "ready" }, { state: "sending" }], null],
  ["the last one ready", [{ state: "ready" }, { state: "preparing" }], [{ state: "ready" }, { state: "ready" }], { kind: "ready" }],
  ["a failure, whatever else there is", [{ state: "sending" }, { state: "sending" }], [{ state: "ready" }, { state: "failed" }], { kind: "failed", name: "u2.pdf", failure: null }],
  ["bytes that are lost", [{ state: "waiting" }], [{ state: "missing" }], { kind: "missing", name: "u1.pdf" }],
  ["the last file that failed is taken out", [{ state: "ready" }, { state: "failed" }], [{ state: "ready" }], null],
  ["a draft that is opened ready", [], [{ state: "ready" }], null],
])("%s", (_, before, after, news) => {
  const files = (parts: Partial<Attachment>[]) => parts.map((part, n) => attachment(`u${n + 1}`, part));
  expect(newsBetween(files(before), files(after))).toEqual(news);
});

test("who looks is told once, and no more after leaving", () => {
  list.set([attachment("u1", { state: "sending" })]);
  const stop = model.watch();
  list.set([attachment("u1", { state: "ready" })]);
  expect(said()).toEqual({ kind: "ready" });
  stop();
  list.set([attachment("u1", { state: "failed" })]);
  expect(said()).toEqual({ kind: "ready" });
});

// --- recording -----------------------------------------------------------------------------------------------------

let now = 0;
const take: Take = { type: "audio/mp4", pause: vi.fn(), resume: vi.fn(), level: () => 0.5, stop: () => Promise.resolve(new Blob(["voice"])), cancel: vi.fn() };

function voiceIn(room: string, recorder: Recorder) {
  const fileOf = (recording: Recording): LocalFile => Object.assign(local("เสียง.m4a"), { seconds: recording.seconds, levels: recording.levels });
  return new VoiceModel(recorder, model, room, fileOf);
}

async function recordingFor(seconds: number) {
  now = 0;
  const recorder = new Recorder({ open: () => Promise.resolve(take) }, { now: () => now, setTimeout: () => 1 as never, clearTimeout: () => undefined });
  const voice = voiceIn("r_1", recorder);
  voice.start();
  await vi.waitFor(() => expect(voice.snapshot().recorder.kind).toBe("recording"));
  now = seconds * 1_000;
  voice.pause();
  return { voice, recorder };
}

test("a finished recording is attached as a voice with its length", async () => {
  const { voice } = await recordingFor(3);
  expect(await voice.keep()).toBe(true);
  expect(add).toHaveBeenCalledWith([expect.objectContaining({ name: "เสียง.m4a", seconds: 3 })], { form: "voice" });
  expect(voice.snapshot().recorder.kind).toBe("idle");
});

test("deleting what was said asks, and the recording waits; a slip is deleted at once", async () => {
  const { voice } = await recordingFor(3);
  voice.discard();
  expect(voice.snapshot()).toMatchObject({ asking: true, recorder: { kind: "paused" } });
  voice.keepRecording();
  expect(voice.snapshot()).toMatchObject({ asking: false, recorder: { kind: "paused" } });
  voice.discard();
  voice.discardAnyway();
  expect(voice.snapshot()).toEqual({ asking: false, recorder: { kind: "idle" } });
  const slip = await recordingFor(1);
  slip.voice.discard();
  expect(slip.voice.snapshot().recorder.kind).toBe("idle");
  expect(add).not.toHaveBeenCalled();
});

test("who leaves the room finds the recording in its draft; in another room nothing of it shows", async () => {
  const { voice, recorder } = await recordingFor(3);
  expect(voiceIn("r_2", recorder).snapshot().recorder.kind).toBe("idle");
  voice.leave();
  await vi.waitFor(() => expect(list.snapshot()).toHaveLength(1));
  expect(recorder.snapshot().kind).toBe("idle");
});
