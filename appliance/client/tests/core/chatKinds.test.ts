/** Two kinds of private chat with the same person: what begins from their card is the one kind, whatever else there is. */
import { expect, test, vi } from "vitest";

import { newChat } from "#core/newChats";

import { makeWorld, MALEE, SOMCHAI, until } from "./world";

vi.mock("#core/roomPolicies", async (original) => {
  const tables = await original<{ ROOM_POLICIES: Record<string, object> }>();
  return { ...tables, ROOM_POLICIES: { sealed_pair: tables.ROOM_POLICIES["direct"], ...tables.ROOM_POLICIES } };
});

test("a chat of another kind is not taken for the one that begins from a person's card", async () => {
  const world = makeWorld();
  const sealed = world.server.createRoom(SOMCHAI, null, [MALEE], "sealed_pair");
  const { rooms } = (await world.signedIn(world.device())).core;
  await until(() => rooms.list.snapshot().rooms.some(({ id, other }) => id === sealed && other === MALEE), "the other chat");
  expect(rooms.chatWith(MALEE)).toBe(newChat(MALEE));
  const chat = world.server.createRoom(MALEE, null, [SOMCHAI], "direct");
  await until(() => rooms.list.snapshot().rooms.some(({ id }) => id === chat), "the chat");
  expect(rooms.chatWith(MALEE)).toBe(chat);
});
