import { beforeEach, expect, test, vi } from "vitest";

import { LONGEST_S, MicrophoneRefused, Recorder, type Running, type Take, WAVE, waveOf } from "./recorder";

const now = () => new Date(vi.getMockedSystemTime() ?? 0).getTime();
let level = 0.5;
let opened: (take: Take) => void;
let refuse: (error: unknown) => void;
let ended: () => void;
let recorder: Recorder;

function fakeTake(data = new Blob(["voice"])) {
  return { type: "audio/mp4", pause: vi.fn(), resume: vi.fn(), level: () => level, stop: vi.fn(() => Promise.resolve(data)), cancel: vi.fn() };
}

const running = (): Running => recorder.snapshot() as Running;

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  level = 0.5;
  const microphone = {
    open: (onEnded: () => void) =>
      new Promise<Take>((resolve, reject) => {
        [opened, refuse, ended] = [resolve, reject, onEnded];
      }),
  };
  recorder = new Recorder(microphone, { now, setTimeout, clearTimeout });
  return () => vi.useRealTimers();
});

async function begun(take = fakeTake()) {
  const started = recorder.start("r_1");
  opened(take);
  await started;
  return take;
}

test.each(["denied", "none", "busy", "insecure", "unsupported"] as const)("a microphone that is refused (%s) says why, and may be asked for again", async (why) => {
  const started = recorder.start("r_1");
  refuse(new MicrophoneRefused(why));
  await started;
  expect(recorder.snapshot()).toEqual({ kind: "refused", room: "r_1", why });
  await begun();
  expect(running().kind).toBe("recording");
});

test("who gives up while the browser asks is not recorded when the answer comes", async () => {
  const take = fakeTake();
  const started = recorder.start("r_1");
  recorder.cancel();
  opened(take);
  await started;
  expect(take.cancel).toHaveBeenCalledOnce();
  expect(recorder.snapshot().kind).toBe("idle");
});

test("length is that of the sound: a pause counts for nothing, and both ends are those of the recording", async () => {
  const take = await begun();
  vi.advanceTimersByTime(4_000);
  recorder.pause();
  vi.advanceTimersByTime(60_000);
  expect(running().seconds).toBe(4);
  expect(take.pause).toHaveBeenCalledOnce();
  recorder.resume();
  vi.advanceTimersByTime(2_500);
  const recording = await recorder.finish();
  expect(recording).toMatchObject({ room: "r_1", type: "audio/mp4", seconds: 6.5 });
  expect(recording?.levels).toHaveLength(WAVE);
  expect(Math.max(...(recording?.levels ?? []))).toBe(50);
  expect(recorder.snapshot().kind).toBe("idle");
});

test("a second press begins no second recording", async () => {
  await begun();
  const before = recorder.snapshot();
  await recorder.start("r_2");
  expect(recorder.snapshot()).toBe(before);
});

test("the longest recording ends by itself, lets go of the microphone and is not lost", async () => {
  const take = await begun();
  recorder.pause();
  recorder.resume();
  vi.advanceTimersByTime((LONGEST_S + 60) * 1_000);
  expect(running()).toMatchObject({ kind: "over", ended: "length", seconds: LONGEST_S });
  expect(take.stop).toHaveBeenCalled();
  recorder.resume();
  expect(running().kind).toBe("over");
  expect(await recorder.finish()).toMatchObject({ seconds: LONGEST_S });
});

test("a microphone that is pulled out ends the recording and keeps what was said", async () => {
  await begun();
  vi.advanceTimersByTime(3_000);
  ended();
  expect(running()).toMatchObject({ kind: "over", ended: "device" });
  expect(await recorder.finish()).toMatchObject({ seconds: 3 });
});

test("what is thrown away while it ends is handed to nobody; what the device tells of it later changes nothing", async () => {
  await begun();
  const finished = recorder.finish();
  recorder.cancel();
  expect(await finished).toBeNull();
  const tell = ended;
  await begun();
  tell();
  expect(running().kind).toBe("recording");
});

test("a recording without a byte is none", async () => {
  await begun(fakeTake(new Blob([])));
  expect(await recorder.finish()).toBeNull();
  expect(recorder.snapshot().kind).toBe("idle");
});

test("silence from the start is told; once something was heard, silence is a pause for thought", async () => {
  level = 0;
  await begun();
  vi.advanceTimersByTime(4_900);
  expect(running().silent).toBe(false);
  vi.advanceTimersByTime(200);
  expect(running().silent).toBe(true);
  level = 0.6;
  vi.advanceTimersByTime(100);
  level = 0;
  expect(running().silent).toBe(false);
  vi.advanceTimersByTime(20_000);
  expect(running().silent).toBe(false);
});

test("a clock that is set back takes nothing from the length", async () => {
  await begun();
  vi.advanceTimersByTime(2_000);
  recorder.pause();
  recorder.resume();
  vi.setSystemTime(0);
  vi.advanceTimersByTime(100);
  expect(running().seconds).toBe(2);
});

test.each([[0], [1], [99], [100], [101], [18_000]])("%i levels make a wave of as many bars as are asked for, with the loudest in it", (count) => {
  const levels = Array.from({ length: count }, (_, n) => (n === count - 1 ? 90 : n % 7));
  const wave = waveOf(levels, WAVE);
  expect(wave).toHaveLength(WAVE);
  expect(Math.max(...wave)).toBe(count === 0 ? 0 : 90);
});
