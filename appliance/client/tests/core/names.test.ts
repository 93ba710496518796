/** Names in the language of the page: both are kept, and one place decides which is shown. */
import { beforeEach, expect, test } from "vitest";

import { until } from "./fakePorts";
import { makeWorld, MALEE, PRASIT, type World } from "./world";

let world: World;

beforeEach(() => {
  world = makeWorld();
  world.server.english.set(MALEE, "Ms. Malee Srisuk");
});

test("cards, and the private chats called after them, change with the language and back", async () => {
  const chat = world.server.createRoom(MALEE, null, ["p_somchai"], "direct");
  const { core } = await world.signedIn(world.device());
  const title = () => core.rooms.list.snapshot().rooms.find((room) => room.id === chat)?.title;
  const [card, other] = [core.people.person(MALEE), core.people.person(PRASIT)];
  await until(() => title() === "นางสาวมาลี ศรีสุข" && other.snapshot() !== null, "named");
  core.people.speak("en");
  expect([title(), card.snapshot()?.name, other.snapshot()?.name]).toEqual(["Ms. Malee Srisuk", "Ms. Malee Srisuk", "นายประสิทธิ์ แก้วงาม"]);
  expect(card.snapshot()?.spellings).toEqual(["นางสาวมาลี ศรีสุข", "Ms. Malee Srisuk"]);
  expect(core.people.sort([MALEE, PRASIT, "Anan"], (name) => core.people.known(name)?.name ?? name)).toEqual(["Anan", MALEE, PRASIT]);
  core.people.speak("th");
  expect([title(), card.snapshot()?.name]).toEqual(["นางสาวมาลี ศรีสุข", "นางสาวมาลี ศรีสุข"]);
});

test("both languages are there after a start without the network", async () => {
  const device = world.device();
  const first = await world.signedIn(device);
  const known = first.core.people.person(MALEE);
  await until(() => known.snapshot() !== null, "named");
  await world.time.advance(2_000);
  first.kill();
  device.setUp(false);
  const { core } = world.tab(device);
  core.people.speak("en");
  await core.start();
  await until(() => core.people.known(MALEE)?.name === "Ms. Malee Srisuk", "named offline");
});

test("whom the log alone names is asked for on an English page; a Thai one shows what the log wrote", async () => {
  const { core } = await world.signedIn(world.device());
  world.server.english.set(PRASIT, "Mr. Prasit Kaewngam");
  world.server.add(MALEE, world.room, [PRASIT]);
  await until(() => core.people.known(PRASIT) !== null, "heard");
  expect(core.people.nameOf(PRASIT, "นายประสิทธิ์ เดิมที")).toBe("นายประสิทธิ์ เดิมที");
  core.people.speak("en");
  expect(core.people.nameOf(PRASIT, "นายประสิทธิ์ เดิมที")).toBe("นายประสิทธิ์ แก้วงาม");
  const card = core.people.person(PRASIT);
  await until(() => card.snapshot()?.name === "Mr. Prasit Kaewngam", "asked for");
});
