import { expect, test } from "vitest";

import { MemoryTables } from "./db/tables";
import type { Endpoints } from "./endpoints";
import type { Departure, MyRequest } from "./protocol";
import { askedBy, knowsAllWaiting, newAnswers, newsCount, newsOf, newsSince, NO_REQUESTS, Requests, waitingForUs } from "./requests";
import type { RequestList } from "./snapshots";

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
const list = (requests: MyRequest[], departures: Departure[] = []): RequestList => ({
  ...NO_REQUESTS,
  requests,
  waiting: requests.filter((one) => one.waits_for_me).length,
  answers: requests.filter((one) => one.fresh).length,
  departures,
});

test("what waits stands with the oldest first, by room or in all of them", () => {
  const all = list([request("b", "r_2", { waits_for_me: true }), request("c", "r_1", { waits_for_me: true }), request("a", "r_1")]);
  expect(waitingForUs(all).map(({ id }) => id)).toEqual(["b", "c"]);
  expect(waitingForUs(all, "r_1").map(({ id }) => id)).toEqual(["c"]);
});

test("of what we asked what waits stands first", () => {
  const all = list([request("old", "r_1", { state: "refused", answered: 5 }), request("new", "r_1"), request("other", "r_2", { person: "p_9" })]);
  expect(askedBy(all, "p_1").map(({ id }) => id)).toEqual(["new", "old"]);
  expect(askedBy(all, "p_1", "r_2")).toEqual([]);
});

test("a room tells of what waits in it and of new answers, and of nothing else", () => {
  const all = list([request("a", "r_1", { waits_for_me: true }), request("b", "r_1", { fresh: true, state: "refused" }), request("c", "r_2")]);
  expect(newsOf(all, "r_1")).toEqual({ waiting: 1, answers: 1, gone: 0 });
  expect(newsCount(newsOf(all, "r_2"))).toBe(0);
  expect(newAnswers(all).map(({ id }) => id)).toEqual(["b"]);
});

test("a request that was granted and took its room along is told once, as the answer it is", () => {
  const granted = request("a", "r_1", { fresh: true, state: "granted", answered: 20 });
  const asked = { ...gone("r_1", true), why: "removal_request" };
  for (const now of [list([granted], [asked]), list([], [asked])]) {
    expect(newsOf(now)).toEqual({ waiting: 0, answers: 1, gone: 0 });
    expect(newsSince(NO_REQUESTS, now)).toEqual({ waiting: 0, answers: 1, gone: 0 });
  }
  // The owner took them off in their own way: that settles the request a moment later, and is not told again.
  const before = list([], [gone("r_1", true)]);
  expect(newsSince(before, list([granted], [asked]))).toEqual({ waiting: 0, answers: 0, gone: 0 });
  expect(newsCount(newsOf(list([granted], [gone("r_1", true)])))).toBe(1);
  expect(newsCount(newsOf(list([granted], [gone("r_2", true)])))).toBe(2);
  expect(newsCount(newsOf(list([], [gone("r_1", false)])))).toBe(0);
});

test("what stands on pages that were not read is counted too", () => {
  const waits = request("a", "r_1", { waits_for_me: true });
  const long: RequestList = { ...list([waits]), waiting: 330, answers: 2, more: true };
  expect(newsOf(long)).toEqual({ waiting: 330, answers: 2, gone: 0 });
  expect(newsOf(long, "r_1")).toEqual({ waiting: 1, answers: 0, gone: 0 });
  expect(newsSince(long, { ...long, waiting: 331 }).waiting).toBe(1);
  expect(knowsAllWaiting(long)).toBe(false);
  expect(knowsAllWaiting({ ...long, waiting: 1 })).toBe(true);
});

test("nothing is noted as seen while new answers stand on a page that was not read", async () => {
  const answer = request("b", "r_2", { fresh: true, state: "refused", answered: 30 });
  const seen: unknown[] = [];
  const page = { requests: [answer], waiting: 0, answers: 2, photos: 0, departures: [], escalates_days: 3, repeats_days: 7, cursor: "0.30.b" };
  const endpoints = {
    myRequests: (cursor: string | null) =>
      Promise.resolve(cursor === null ? page : { ...page, requests: [{ ...answer, id: "c", answered: 20 }], cursor: null }),
    seeRequests: (body: unknown) => Promise.resolve(seen.push(body)),
  } as unknown as Endpoints;
  const requests = new Requests(endpoints);
  await requests.open(new MemoryTables());
  await requests.load();
  await requests.see();
  expect(seen).toEqual([]);
  await requests.loadMore();
  await requests.see();
  expect(seen).toEqual([{ upto: 30 }]);
});

test("news is what was not there before, by what it is", () => {
  const waits = request("a", "r_1", { waits_for_me: true });
  const answer = request("b", "r_2", { fresh: true, state: "refused", answered: 30 });
  const before = list([waits], [gone("r_3", true)]);
  expect(newsSince(before, before)).toEqual({ waiting: 0, answers: 0, gone: 0 });
  expect(newsSince(before, list([request("c", "r_1", { waits_for_me: true }), answer, waits], [gone("r_3", true), gone("r_4", true)]))).toEqual({
    waiting: 1,
    answers: 1,
    gone: 1,
  });
  // What stood on a page that was not read comes up when something before it goes.
  const long = { ...before, waiting: 2, more: true };
  expect(newsSince(long, list([request("d", "r_1", { waits_for_me: true })], [gone("r_3", true)])).waiting).toBe(0);
  const seen = request("e", "r_5", { state: "refused", answered: 40 });
  expect(newsSince({ ...list([waits, seen]), more: true }, list([waits, seen, answer])).answers).toBe(0);
  // One that was withdrawn or seen is none.
  expect(newsSince(before, list([{ ...waits, waits_for_me: false }], [gone("r_3", false)]))).toEqual({ waiting: 0, answers: 0, gone: 0 });
});
