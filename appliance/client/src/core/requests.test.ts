import { expect, test } from "vitest";

import type { Departure, MyRequest } from "./protocol";
import { newAnswers, newsCount, newsIn, NO_REQUESTS, type RequestList, waitingForUs } from "./requests";

const request = (id: string, room: string, more: Partial<MyRequest> = {}): MyRequest => ({
  id,
  kind: "removal",
  room,
  room_name: room,
  person: "p_1",
  name: "มาลี",
  owner_name: "สมชาย",
  state: "pending",
  asked: 10,
  ...more,
});
const gone = (room: string, fresh: boolean): Departure => ({ room, room_name: room, at: 20, by: "p_2", by_name: "สมชาย", fresh });
const list = (requests: MyRequest[], departures: Departure[] = []): RequestList => ({ ...NO_REQUESTS, requests, departures });

test("what waits stands with the oldest first, by room or in all of them", () => {
  const all = list([request("b", "r_2", { waits_for_me: true }), request("c", "r_1", { waits_for_me: true }), request("a", "r_1")]);
  expect(waitingForUs(all).map(({ id }) => id)).toEqual(["b", "c"]);
  expect(waitingForUs(all, "r_1").map(({ id }) => id)).toEqual(["c"]);
});

test("a room tells of what waits in it and of new answers, and of nothing else", () => {
  const all = list([request("a", "r_1", { waits_for_me: true }), request("b", "r_1", { fresh: true, state: "refused" }), request("c", "r_2")]);
  expect(newsIn(all, "r_1")).toBe(2);
  expect(newsIn(all, "r_2")).toBe(0);
  expect(newAnswers(all).map(({ id }) => id)).toEqual(["b"]);
});

test("a request that was granted and took its room along is told once", () => {
  const granted = request("a", "r_1", { fresh: true, state: "granted", answered: 20 });
  expect(newsCount(list([granted], [gone("r_1", true)]))).toBe(1);
  expect(newsCount(list([granted], [gone("r_2", true)]))).toBe(2);
  expect(newsCount(list([], [gone("r_1", false)]))).toBe(0);
});
