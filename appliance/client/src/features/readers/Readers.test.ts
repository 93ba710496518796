import { expect, test, vi } from "vitest";

import type { Core } from "#core/index";
import type { Readers } from "#core/protocol";
import { Store } from "#core/store";

import { ReadersModel } from "./ReadersModel";

function coreWith(load: () => Promise<Readers>) {
  const room = new Store<unknown>(0);
  const timers: (() => void)[] = [];
  const core = {
    timeline: () => new Store({ items: [{ kind: "message", n: 5, text: "ประชุม 9.00 น." }] }),
    rooms: { room: () => room },
    readers: { load },
    ports: { time: { setTimeout: (run: () => void) => timers.push(run) } },
  };
  return { core: core as unknown as Core, room, timers };
}

test("readers stand in the order in which they read", async () => {
  const load = () => Promise.resolve({ read: [{ person: "p_2", at: 20 }, { person: "p_1", at: 10 }], unread: [{ person: "p_3" }] });
  const model = new ReadersModel(coreWith(load).core, "r_1", 5);
  await model.load();
  const { state, text } = model.snapshot();
  expect(text).toBe("ประชุม 9.00 น.");
  expect(state.kind === "loaded" && state.readers.read.map((reader) => reader.person)).toEqual(["p_1", "p_2"]);
});

test("an open panel reads again once when marks change in a burst", async () => {
  const load = vi.fn(() => Promise.resolve({ read: [], unread: [] }));
  const { core, room, timers } = coreWith(load);
  const stop = new ReadersModel(core, "r_1", 5).start();
  room.set(1);
  room.set(2);
  expect(timers).toHaveLength(1);
  timers[0]?.();
  await Promise.resolve();
  expect(load).toHaveBeenCalledTimes(2);
  stop();
  room.set(3);
  expect(timers).toHaveLength(1);
});
