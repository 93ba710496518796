import { expect, test, vi } from "vitest";

import { pressed } from "./pressed";

const ROOM = { hash: "/rooms/r_1" };

function windowOf(state: { focused?: boolean; visible?: boolean; refuses?: boolean } = {}) {
  return {
    focused: state.focused ?? false,
    visibilityState: state.visible ? "visible" : "hidden",
    postMessage: vi.fn(),
    focus: vi.fn(() => (state.refuses ? Promise.reject(new Error("not allowed")) : Promise.resolve())),
  };
}

function clientsOf(windows: readonly ReturnType<typeof windowOf>[]) {
  const openWindow = vi.fn(() => Promise.resolve(null));
  return { openWindow, clients: { matchAll: () => Promise.resolve(windows), openWindow } };
}

test("without a window one is opened at the room", async () => {
  const { clients, openWindow } = clientsOf([]);
  await pressed(clients, ROOM);
  expect(openWindow).toHaveBeenCalledExactlyOnceWith("/#/rooms/r_1");
});

test("the window that is seen goes to the room and comes to the front", async () => {
  const [hidden, seen] = [windowOf(), windowOf({ visible: true })];
  const { clients, openWindow } = clientsOf([hidden, seen]);
  await pressed(clients, ROOM);
  expect(seen.postMessage).toHaveBeenCalledExactlyOnceWith({ kind: "notification_pressed", hash: "/rooms/r_1" });
  expect(seen.focus).toHaveBeenCalledOnce();
  expect(hidden.postMessage).not.toHaveBeenCalled();
  expect(openWindow).not.toHaveBeenCalled();
});

test("a browser that refuses to bring it to the front shows the room in it", async () => {
  const only = windowOf({ refuses: true });
  await pressed(clientsOf([only]).clients, ROOM);
  expect(only.postMessage).toHaveBeenCalledOnce();
});

test.each([null, "x", {}, { hash: 7 }, { hash: "//elsewhere.test" }])("with %o the client opens at its beginning or within itself", async (data) => {
  const { clients, openWindow } = clientsOf([]);
  await pressed(clients, data);
  expect(openWindow).toHaveBeenCalledExactlyOnceWith(expect.stringMatching(/^\/#\//));
});
