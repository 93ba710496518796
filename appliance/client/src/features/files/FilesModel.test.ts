import { expect, test, vi } from "vitest";

import { Store } from "#core/store";
import type { SoundEvents } from "#platform/media";

import { FilesModel, KEPT_UNSEEN } from "./FilesModel";

function made() {
  const thumb = vi.fn((_: unknown, signal: AbortSignal) => new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")));
    queueMicrotask(() => resolve(new Uint8Array([1])));
  }));
  const session = new Store<{ kind: string }>({ kind: "signed_in" });
  const connection = new Store<{ kind: string }>({ kind: "online" });
  let count = 0;
  const pictures = { make: vi.fn(() => `blob:${(count += 1)}`), free: vi.fn() };
  const heard: SoundEvents[] = [];
  const sound = { play: vi.fn(() => heard.at(-1)?.onPlaying(true)), pause: vi.fn(() => heard.at(-1)?.onPlaying(false)), seek: vi.fn(), setRate: vi.fn(), close: vi.fn() };
  const open = vi.fn((_: string, events: SoundEvents) => {
    heard.push(events);
    return sound;
  });
  const core = { fileCache: { thumb }, fileUrl: (id: string) => `/api/v1/files/${id}`, session, connection };
  const model = new FilesModel(core as never, pictures, { canPlay: () => "maybe", open });
  const wanted = (n: number) => ({ room: "r", n, file: `f_${n}`, id: `t_${n}` });
  return { model, thumb, session, connection, pictures, wanted, sound, open, heard };
}

const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

test("a small picture is fetched once for all who show it, and kept when they are gone", async () => {
  const { model, thumb, wanted, pictures } = made();
  const picture = model.thumb(wanted(1), "image/webp");
  expect(thumb).not.toHaveBeenCalled();
  const stops = [picture.subscribe(() => undefined), model.thumb(wanted(1), "image/webp").subscribe(() => undefined)];
  await turn();
  expect(picture.snapshot()).toEqual({ kind: "shown", address: "blob:1" });
  stops.forEach((stop) => stop());
  expect(model.thumb(wanted(1), "image/webp").snapshot()).toEqual({ kind: "shown", address: "blob:1" });
  expect(thumb).toHaveBeenCalledOnce();
  expect(pictures.free).not.toHaveBeenCalled();
});

test("one that scrolled away before it came is not waited for, and asked for anew when it is seen again", async () => {
  const { model, thumb, wanted } = made();
  thumb.mockReturnValueOnce(new Promise(() => undefined));
  const picture = model.thumb(wanted(1), "image/webp");
  picture.subscribe(() => undefined)();
  expect(thumb.mock.calls[0]?.[1].aborted).toBe(true);
  picture.subscribe(() => undefined);
  await turn();
  expect(picture.snapshot().kind).toBe("shown");
});

test("one that fails is asked for again when the line is back", async () => {
  const { model, thumb, wanted, connection } = made();
  thumb.mockRejectedValueOnce(new Error("offline"));
  const picture = model.thumb(wanted(1), "image/webp");
  picture.subscribe(() => undefined);
  await turn();
  expect(picture.snapshot().kind).toBe("failed");
  connection.set({ kind: "offline" });
  expect(thumb).toHaveBeenCalledOnce();
  connection.set({ kind: "online" });
  await turn();
  expect(picture.snapshot().kind).toBe("shown");
});

test("of those that nothing shows the oldest are let go; with the session all are", async () => {
  const { model, wanted, pictures, session } = made();
  for (let n = 0; n < KEPT_UNSEEN + 2; n += 1) {
    const stop = model.thumb(wanted(n), "image/webp").subscribe(() => undefined);
    await turn();
    stop();
  }
  expect(pictures.free.mock.calls).toEqual([["blob:1"], ["blob:2"]]);
  session.set({ kind: "signed_out" });
  expect(pictures.free).toHaveBeenCalledTimes(KEPT_UNSEEN + 2);
});

test("one sound plays at a time; each keeps its place, all have one speed", () => {
  const { model, sound, open, heard } = made();
  const { playback } = model;
  playback.toggle("a", "/a");
  expect(playback.snapshot()).toMatchObject({ id: "a", playing: true });
  heard[0]?.onTime(7);
  playback.changeRate();
  expect(sound.setRate).toHaveBeenLastCalledWith(1.5);
  playback.toggle("b", "/b");
  expect(sound.close).toHaveBeenCalledOnce();
  expect(playback.snapshot()).toMatchObject({ id: "b", rate: 1.5 });
  playback.toggle("a", "/a");
  expect(sound.seek).toHaveBeenLastCalledWith(7);
  playback.toggle("a", "/a");
  expect(playback.snapshot().playing).toBe(false);
  playback.toggle("a", "/a");
  expect(open).toHaveBeenCalledTimes(3);
});

test("a place can be chosen before it plays; at its end it stands at the beginning", () => {
  const { model, sound, heard } = made();
  const { playback } = model;
  playback.seek("a", 12);
  playback.toggle("a", "/a");
  expect(sound.seek).toHaveBeenCalledExactlyOnceWith(12);
  playback.seek("a", -3);
  expect(sound.seek).toHaveBeenLastCalledWith(0);
  heard[0]?.onTime(30);
  heard[0]?.onEnded();
  expect(playback.snapshot()).toMatchObject({ playing: false, positions: new Map([["a", 0]]) });
});

test("what cannot be played says so, and is tried anew when it is asked for again", () => {
  const { model, open, heard } = made();
  const { playback } = model;
  playback.toggle("a", "/a");
  heard[0]?.onFailed();
  expect(playback.snapshot()).toMatchObject({ playing: false, failed: true });
  playback.toggle("a", "/a");
  expect(open).toHaveBeenCalledTimes(2);
  expect(playback.snapshot().failed).toBe(false);
});

test("speeds go round", () => {
  const { playback } = made().model;
  const rates = [1, 2, 3].map(() => {
    playback.changeRate();
    return playback.snapshot().rate;
  });
  expect(rates).toEqual([1.5, 2, 1]);
});
