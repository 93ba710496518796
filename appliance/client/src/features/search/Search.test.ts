import { expect, test, vi } from "vitest";

import { CallError } from "#core/errors";
import type { Core } from "#core/index";
import type { Found, Hit, SearchQuery } from "#core/protocol";
import { Store } from "#core/store";

import { byRoom, filesShown, parts } from "./hits";
import { hasFilters, NO_FILTERS, SearchModel } from "./SearchModel";

const hit = (room: string, n: number, snippet = "ประชุม"): Hit => ({ room, n, at: n, sender: "p_1", snippet, highlights: [] });
const answer = (hits: Hit[], more: Partial<Found> = {}): Found => ({ hits, ...more });

interface Asked {
  readonly query: SearchQuery;
  readonly signal: AbortSignal;
  readonly answer: (found: Found) => void;
  readonly fail: (error: unknown) => void;
}

function office() {
  const asked: Asked[] = [];
  const timers = new Map<number, () => void>();
  const find = (query: SearchQuery, signal: AbortSignal) =>
    new Promise<Found>((done, fail) => {
      asked.push({ query, signal, answer: done, fail });
      signal.addEventListener("abort", () => fail(CallError.offline()));
    });
  const findPeople = vi.fn(() => Promise.resolve({ people: [{ id: "p_9", name: "นางสาวมาลี ศรีสุข" }, { id: "p_7", name: "นายมาลี ใจดี" }] }));
  const remember = vi.fn(() => Promise.resolve());
  const findKept = vi.fn(() => Promise.resolve([hit("r_kept", 1)]));
  const rooms = { rooms: [{ id: "r_1", title: "งานสารบรรณ", other: null }, { id: "r_2", title: null, other: "p_9" }], hidden: [{ id: "r_3", title: "สารบรรณเก่า", other: null }] };
  const core = {
    search: { find, findKept, remember, recent: new Store<readonly string[]>([]) },
    directory: { units: () => Promise.resolve([]), search: findPeople, language: new Store("th") },
    rooms: { list: new Store(rooms) },
    people: { known: (id: string) => (id === "p_9" ? { name: "นางสาวมาลี ศรีสุข" } : null) },
    ports: {
      time: {
        setTimeout: (run: () => void) => {
          timers.set(timers.size + 1, run);
          return timers.size;
        },
        clearTimeout: (id: number) => timers.set(id, () => undefined),
      },
    },
  };
  const pause = () => {
    for (const [id, run] of [...timers]) {
      timers.set(id, () => undefined);
      run();
    }
  };
  const breathe = () => new Promise((done) => setTimeout(done));
  return { model: new SearchModel(core as unknown as Core), asked, pause, breathe, remember, findKept, findPeople };
}

test("typing asks once it pauses, and only the newest question is answered", async () => {
  const { model, asked, pause, breathe } = office();
  for (const words of ["ป", "ปร", "ประชุม"]) model.setQuery(words);
  expect(asked).toHaveLength(0);
  pause();
  expect(asked.map(({ query }) => query.q)).toEqual(["ประชุม"]);
  model.setQuery("ประชุมด่วน");
  expect(asked[0]?.signal.aborted).toBe(true);
  pause();
  asked[0]?.answer(answer([hit("r_old", 1)]));
  asked[1]?.answer(answer([hit("r_new", 1)]));
  await breathe();
  expect(model.snapshot()).toMatchObject({ phase: { kind: "answered", kept: false }, turn: 1 });
  expect(model.snapshot().hits.map(({ room }) => room)).toEqual(["r_new"]);
});

test("what was found stays in view until the next answer, and goes when nothing is asked", async () => {
  const { model, asked, pause, breathe } = office();
  model.choose("ประชุม");
  asked[0]?.answer(answer([hit("r_1", 1)]));
  await breathe();
  model.setQuery("ประชุมใหญ่");
  pause();
  expect(model.snapshot()).toMatchObject({ phase: { kind: "asking" }, hits: [hit("r_1", 1)] });
  model.setQuery("  ");
  pause();
  expect(model.snapshot()).toMatchObject({ phase: { kind: "idle" }, hits: [] });
});

test("filters ask at once, days in Bangkok's time and either way round", () => {
  const { model, asked } = office();
  model.setFilters({ from: "2026-10-05", to: "2026-10-01" });
  model.setFilters({ hasLink: true, room: "r_1" });
  const from = Date.UTC(2026, 8, 30, 17);
  expect(asked.map(({ query }) => query)).toEqual([
    { q: "", room: null, sender: null, unit: null, from, to: from + 5 * 86_400_000, has_link: null, has_file: null, type: null, limit: 30 },
    { q: "", room: "r_1", sender: null, unit: null, from, to: from + 5 * 86_400_000, has_link: true, has_file: null, type: null, limit: 30 },
  ]);
  model.clearFilters();
  expect(model.snapshot()).toMatchObject({ filters: NO_FILTERS, phase: { kind: "idle" } });
});

test("files are asked for by their form, or of any", () => {
  const { model, asked } = office();
  model.setFilters({ file: "picture" });
  model.setFilters({ file: "any" });
  expect(asked.map(({ query: { type, has_file } }) => [type, has_file])).toEqual([
    ["picture", null],
    [null, true],
  ]);
  expect(hasFilters(model.snapshot().filters)).toBe(true);
});

test("pages follow one another, and a page that does not come can be asked for again", async () => {
  const { model, asked, breathe } = office();
  model.choose("ประชุม");
  asked[0]?.answer(answer([hit("r_1", 9)], { cursor: "c1" }));
  await breathe();
  expect(model.snapshot().more).toBe("there");
  const broken = model.loadMore();
  expect(await model.loadMore()).toBeNull();
  asked[1]?.fail(new CallError("refused", 503, { code: "search_unavailable", message: "ยังค้นหาไม่ได้" }));
  expect(await broken).toBeNull();
  expect(model.snapshot()).toMatchObject({ more: "there", moreFailure: { code: "search_unavailable" }, hits: [hit("r_1", 9)] });
  const next = model.loadMore();
  asked[2]?.answer(answer([hit("r_2", 8), hit("r_1", 7)]));
  expect(await next).toEqual(hit("r_2", 8));
  expect(asked[2]?.query).toMatchObject({ q: "ประชุม", cursor: "c1" });
  expect(model.snapshot()).toMatchObject({ more: "none", moreFailure: null, turn: 2 });
  expect(byRoom(model.snapshot().hits)).toEqual([
    { room: "r_1", hits: [hit("r_1", 9), hit("r_1", 7)] },
    { room: "r_2", hits: [hit("r_2", 8)] },
  ]);
});

test("without network, what is kept here is searched and that is said; a refusal keeps its words", async () => {
  const { model, asked, breathe, findKept } = office();
  model.choose("ประชุม");
  asked[0]?.fail(CallError.offline());
  await breathe();
  expect(model.snapshot()).toMatchObject({ phase: { kind: "answered", kept: true }, hits: [hit("r_kept", 1)], more: "none" });
  expect(findKept).toHaveBeenCalledWith(expect.objectContaining({ q: "ประชุม" }));
  model.choose("ป");
  asked[1]?.fail(new CallError("refused", 400, { code: "query_too_short", message: "คำค้นสั้นเกินไป" }));
  await breathe();
  expect(model.snapshot()).toMatchObject({ phase: { kind: "failed", failure: { code: "query_too_short", message: "คำค้นสั้นเกินไป" } }, hits: [] });
});

test("words are remembered when they led to something, not for being typed", async () => {
  const { model, asked, pause, breathe, remember } = office();
  model.setQuery("l;ylfu");
  model.submit();
  asked[0]?.answer(answer([], { suggestion: "สวัสดี" }));
  await breathe();
  expect(model.snapshot().suggestion).toBe("สวัสดี");
  model.choose("สวัสดี");
  pause();
  expect(asked.map(({ query }) => query.q)).toEqual(["l;ylfu", "สวัสดี"]);
  expect(remember).not.toHaveBeenCalled();
  model.picked();
  expect(remember).toHaveBeenCalledExactlyOnceWith("สวัสดี");
});

test.each([
  ["ไม่พบสิ่งใด", "สวัสดี"],
  ["สารบรรณ", null],
  ["มาลี", null],
])("%j: the other layout is offered only where the words lead nowhere: %j", async (words, offered) => {
  const { model, asked, breathe } = office();
  model.setQuery(words);
  model.submit();
  asked[0]?.answer(answer([], { suggestion: "สวัสดี" }));
  await breathe();
  expect([model.snapshot().suggestion, model.otherLayout()]).toEqual(["สวัสดี", offered]);
});

test("opening the search again asks again, and closing it ends the question", () => {
  const { model, asked } = office();
  model.choose("ประชุม");
  const stop = model.start();
  expect(asked.map(({ signal }) => signal.aborted)).toEqual([true, false]);
  stop();
  expect(asked[1]?.signal.aborted).toBe(true);
});

test("rooms are found by name beside the messages, hidden and private ones too, as long as nothing is filtered", () => {
  const { model } = office();
  model.setQuery("สารบรรณ");
  expect(model.roomsToGo().map(({ id }) => id)).toEqual(["r_3", "r_1"]);
  model.setQuery("มาลี");
  expect(model.roomsToGo().map(({ id }) => id)).toEqual(["r_2"]);
  model.setFilters({ hasLink: true });
  expect(model.roomsToGo()).toEqual([]);
});

test.each([
  [[], [["สรุป 😀 ประชุม", false]]],
  [[[8, 14]], [["สรุป 😀 ", false], ["ประชุม", true]]],
  [[[0, 4], [8, 14]], [["สรุป", true], [" 😀 ", false], ["ประชุม", true]]],
])("a snippet is cut at its highlights %j", (highlights, expected) => {
  const found = parts("สรุป 😀 ประชุม", highlights as Hit["highlights"]);
  expect(found.map(({ text, marked }) => [text, marked])).toEqual(expected);
});

test("people to go to stand beside rooms and messages, but not twice and not under filters", async () => {
  const { model, pause, breathe, findPeople } = office();
  model.setQuery("ม");
  pause();
  expect(findPeople).not.toHaveBeenCalled();
  model.setQuery("มาลี");
  pause();
  await breathe();
  expect(findPeople).toHaveBeenCalledWith({ q: "มาลี", below: true, limit: 4 });
  expect(model.roomsToGo().map(({ other }) => other)).toEqual(["p_9"]);
  expect(model.peopleToGo().map(({ id }) => id)).toEqual(["p_7"]);
  model.setFilters({ hasLink: true });
  expect(model.peopleToGo()).toEqual([]);
});

test("hits are gone through in the order of the list, and the next page is asked for where it ends", async () => {
  const { model, asked, breathe } = office();
  model.choose("ประชุม");
  asked.at(-1)?.answer(answer([hit("r_1", 9), hit("r_2", 8), hit("r_1", 7)], { cursor: "c1" }));
  await breathe();
  const step = (here: { room: string; n: number } | null, by: -1 | 1) => model.neighbour(here, by);
  expect(await step(null, 1)).toMatchObject({ room: "r_1", n: 9 });
  expect(await step({ room: "r_1", n: 9 }, 1)).toMatchObject({ room: "r_1", n: 7 });
  expect(await step({ room: "r_2", n: 8 }, -1)).toMatchObject({ room: "r_1", n: 7 });
  expect(await step({ room: "r_1", n: 9 }, -1)).toBeNull();
  const next = step({ room: "r_2", n: 8 }, 1);
  asked.at(-1)?.answer(answer([hit("r_3", 6)]));
  expect(await next).toMatchObject({ room: "r_3", n: 6 });
  expect(await step({ room: "r_3", n: 6 }, 1)).toBeNull();
});

test("a line names the files that were found, else the first ones, and how many more there are", () => {
  const file = (name: string, highlights: [number, number][] = []) => ({ name, form: "document" as const, highlights });
  const four = ["ก.pdf", "ข.pdf", "ค.pdf", "ง.pdf"].map((name) => file(name));
  expect(filesShown({})).toEqual({ shown: [], more: 0 });
  expect(filesShown({ files: four })).toEqual({ shown: four.slice(0, 3), more: 1 });
  const found = file("งบ.pdf", [[0, 2]]);
  expect(filesShown({ files: [...four, found] })).toEqual({ shown: [found], more: 4 });
});
