import { expect, test, vi } from "vitest";

import type { Core } from "#core/index";
import { newChat } from "#core/newChats";
import { PeopleSearch } from "#core/peopleSearch";
import type { People, PeopleQuery, PersonView, UnitView } from "#core/protocol";
import { Store } from "#core/store";

import { byContact, contactWith } from "./contact";
import { offeredPeople, PickerModel, remindsOfNeedToKnow } from "./PickerModel";
import { pathTo, unitTree } from "./unitTree";

const unit = (id: string, parent: string | null): UnitView => ({ id, parent, name: id, kind: "division", people: 1, people_below: 2 });
const SENIORITY: Record<string, number> = { "บริหาร ระดับสูง": 100, ชำนาญการ: 50, ปฏิบัติการ: 40 };
const person = (id: string, rank?: string): PersonView => ({ id, name: id, ...(rank === undefined ? {} : { rank, rank_en: `${rank} (en)`, seniority: SENIORITY[rank] ?? null }) });
const PEOPLE = [person("p_me", "ปฏิบัติการ"), person("p_1", "ปฏิบัติการ"), person("p_2", "ชำนาญการ"), person("p_3"), person("p_old", "ชำนาญการ")];

function coreWith(search: (query: PeopleQuery) => Promise<People>, language = new Store<"th" | "en">("th")) {
  const create = vi.fn(() => Promise.resolve("r_new"));
  const changeMembers = vi.fn(() => Promise.resolve({}));
  const suggestMembers = vi.fn(() => Promise.resolve({}));
  const core = {
    directory: { search, units: () => Promise.resolve([]), language },
    ports: { time: { setTimeout: vi.fn(() => 1), clearTimeout: vi.fn() } },
    rooms: { create, changeMembers, suggestMembers, room: () => new Store({ members: [{ person: "p_old" }] }) },
  };
  return { core: core as unknown as Core, create, changeMembers, suggestMembers };
}

test("the chart nests units, keeps orphans at the top and survives a cycle", () => {
  const units = [unit("a", null), unit("b", "a"), unit("c", "b"), unit("x", "unseen"), unit("y", "z"), unit("z", "y")];
  const shape = (nodes: ReturnType<typeof unitTree>): unknown => nodes.map((node) => [node.unit.id, shape(node.children)]);
  expect(shape(unitTree(units))).toEqual([["a", [["b", [["c", []]]]]], ["x", []]]);
  expect(pathTo(units, "c")).toEqual(["a", "b"]);
  expect(pathTo(units, "y")).toHaveLength(2);
});

test("those one may write to come before those a rule denies, also where a chat was begun already", () => {
  const may = (id: string, may_contact?: boolean): PersonView => ({ ...person(id), ...(may_contact === undefined ? {} : { may_contact }) });
  const people = [may("a", false), may("b", true), may("c", false), may("d", true), may("e")];
  const rooms = { begunAs: (chat: string) => (chat === newChat("c") ? "r_1" : null) };
  const { first, denied } = byContact(people, (one) => contactWith({ rooms } as unknown as Core, one));
  expect(first.map(({ id }) => id)).toEqual(["b", "c", "d", "e"]);
  expect(denied.map(({ id }) => id)).toEqual(["a"]);
});

test("a whole unit is counted by rank before it is added, without oneself and without members", async () => {
  const pages = [{ people: PEOPLE.slice(0, 2), cursor: "next" }, { people: PEOPLE.slice(2) }];
  const { core, changeMembers } = coreWith((query) => Promise.resolve(pages[query.cursor === "next" ? 1 : 0] ?? { people: [] }));
  const picker = new PickerModel(core, { kind: "add", room: "r_1" }, "p_me");
  await picker.offerUnit("u_1", true);
  const offer = picker.offer.snapshot();
  expect(offer?.ranks).toEqual([
    { rank: "ชำนาญการ", rank_en: "ชำนาญการ (en)", count: 1 },
    { rank: "ปฏิบัติการ", rank_en: "ปฏิบัติการ (en)", count: 1 },
    { rank: "", rank_en: null, count: 1 },
  ]);
  expect(offer?.present.map((one) => one.id)).toEqual(["p_old"]);
  picker.toggleRank("");
  const now = picker.offer.snapshot();
  expect(now && offeredPeople(now).map((one) => one.id)).toEqual(["p_1", "p_2"]);
  picker.toggle(person("p_1"));
  picker.acceptOffer();
  expect(picker.chosen.snapshot().map((one) => one.id)).toEqual(["p_1", "p_2"]);
  expect(await picker.finish("")).toBe("r_1");
  expect(changeMembers).toHaveBeenCalledWith("r_1", ["p_1", "p_2"], []);
});

test("the unit chosen last is the one that is offered, and going back leaves none", async () => {
  const answers: Record<string, (people: People) => void> = {};
  const { core } = coreWith(({ unit: asked = "", below }) => new Promise((resolve) => (answers[`${asked} ${below}`] = resolve)));
  const picker = new PickerModel(core, { kind: "add", room: "r_1" }, "p_me");
  const first = picker.offerUnit("u_1", true);
  const second = picker.offerUnit("u_2", true);
  answers["u_1 true"]?.({ people: [person("p_1")] });
  await first;
  expect(picker.offer.snapshot()).toBeNull();
  answers["u_2 true"]?.({ people: PEOPLE });
  await second;
  expect(picker.wanted.snapshot()).toEqual({ unit: "u_2", below: true });
  expect(picker.offer.snapshot()).toMatchObject({ everyone: 5, self: true });

  const third = picker.offerUnit("u_2", false);
  picker.leaveOffer();
  answers["u_2 false"]?.({ people: PEOPLE });
  await third;
  expect([picker.wanted.snapshot(), picker.offer.snapshot()]).toEqual([null, null]);
});

test("whose account is not active is left out of a unit, and said by name", async () => {
  const people = [...PEOPLE, { ...person("p_gone"), active: false }, { ...person("p_new"), active: false }];
  const picker = new PickerModel(coreWith(() => Promise.resolve({ people })).core, { kind: "new" }, "p_me");
  await picker.offerUnit("u_1", true);
  expect(picker.offer.snapshot()?.people.map((one) => one.id)).toEqual(["p_1", "p_2", "p_3", "p_old"]);
  expect(picker.offer.snapshot()?.inactive.map((one) => one.id)).toEqual(["p_gone", "p_new"]);
});

test("ranks come by seniority, all of them or none are taken with one press", async () => {
  const people = [person("p_1", "ปฏิบัติการ"), person("p_2", "บริหาร ระดับสูง"), person("p_3", "ชำนาญการ"), person("p_4", "กกก")];
  const picker = new PickerModel(coreWith(() => Promise.resolve({ people })).core, { kind: "new" }, "p_me");
  await picker.offerUnit("u_1", true);
  expect(picker.offer.snapshot()?.ranks.map(({ rank }) => rank)).toEqual(["บริหาร ระดับสูง", "ชำนาญการ", "ปฏิบัติการ", "กกก"]);
  picker.chooseRanks(false);
  picker.toggleRank("บริหาร ระดับสูง");
  picker.acceptOffer();
  expect(picker.chosen.snapshot().map((one) => one.id)).toEqual(["p_2"]);
  await picker.offerUnit("u_1", true);
  picker.chooseRanks(false);
  picker.chooseRanks(true);
  picker.acceptOffer();
  expect(picker.chosen.snapshot()).toHaveLength(4);
});

test("what is missing is said, and what was typed or chosen counts as input", () => {
  const { core } = coreWith(() => Promise.resolve({ people: [] }));
  const [made, suggested] = [new PickerModel(core, { kind: "new" }, "p_me"), new PickerModel(core, { kind: "suggest", room: "r_1" }, "p_me")];
  expect([made.missing(" "), made.missing("ห้อง"), suggested.missing("")]).toEqual(["name_and_people", "people", "people"]);
  expect([made.holdsInput(" "), made.holdsInput("ห้อง")]).toEqual([false, true]);
  made.toggle(person("p_1"));
  expect([made.missing(""), made.missing("ห้อง"), made.holdsInput("")]).toEqual(["name", null, true]);
  for (let n = 0; n < 51; n += 1) suggested.toggle(person(`p_${n}`));
  expect(suggested.missing("")).toBe("fewer");
});

test("who chooses many people is reminded to choose only those concerned", () => {
  const reminded = (kind: "new" | "add" | "suggest"): number => Array.from({ length: 200 }, (_, n) => n).findIndex((n) => remindsOfNeedToKnow(kind, n));
  expect([reminded("new"), reminded("add"), reminded("suggest")]).toEqual([100, 100, 25]);
});

test("a new room gets the trimmed name and the people chosen; choosing twice takes back", async () => {
  const { core, create } = coreWith(() => Promise.resolve({ people: [] }));
  const picker = new PickerModel(core, { kind: "new" }, "p_me");
  picker.toggle(person("p_1"));
  picker.toggle(person("p_2"));
  picker.toggle(person("p_2"));
  expect(await picker.finish(" คณะทำงาน ")).toBe("r_new");
  expect(create).toHaveBeenCalledWith("group", "คณะทำงาน", ["p_1"]);
});

test("a suggestion goes to the owner with its reason, and nobody is added", async () => {
  const { core, changeMembers, suggestMembers } = coreWith(() => Promise.resolve({ people: [] }));
  const picker = new PickerModel(core, { kind: "suggest", room: "r_1" }, "p_me");
  const standings = ["p_me", "p_old", "p_1"].map((id) => picker.standing(person(id)));
  expect(standings).toEqual(["me", "member", null]);
  picker.toggle(person("p_1"));
  expect(await picker.finish(" ดูแลพื้นที่ ")).toBe("r_1");
  expect(suggestMembers).toHaveBeenCalledWith("r_1", ["p_1"], "ดูแลพื้นที่");
  expect(changeMembers).not.toHaveBeenCalled();
});

test("an answer to an older question is dropped", async () => {
  const answers: ((people: PersonView[]) => void)[] = [];
  const { core } = coreWith(() => new Promise((done) => answers.push((people) => done({ people }))));
  const search = new PeopleSearch(core.directory, core.ports.time);
  const first = search.search();
  const second = search.search();
  answers[1]?.([person("new")]);
  answers[0]?.([person("old")]);
  await Promise.all([first, second]);
  expect(search.snapshot().people.map((one) => one.id)).toEqual(["new"]);
  expect(search.snapshot().loading).toBe(false);
});

test("words read under the other layout are asked for so on the next page; a unit tells who is elsewhere", async () => {
  const asked: PeopleQuery[] = [];
  const { core } = coreWith((query) => {
    asked.push(query);
    return Promise.resolve({ people: [person(`p_${asked.length}`)], cursor: "p_1", reading: "สมชาย", elsewhere: 3 });
  });
  const search = new PeopleSearch(core.directory, core.ports.time);
  search.setQuery("l,=kp ");
  await search.search();
  expect(search.snapshot()).toMatchObject({ reading: "สมชาย", elsewhere: 3 });
  await search.loadMore();
  expect(asked.map(({ q, cursor }) => [q, cursor])).toEqual([["l,=kp", undefined], ["สมชาย", "p_1"]]);
  expect(search.snapshot()).toMatchObject({ reading: "สมชาย", elsewhere: 3 });
});

test("in another language the list has another order: it is asked for afresh, not gone on with", async () => {
  const asked: PeopleQuery[] = [];
  const language = new Store<"th" | "en">("th");
  const { core } = coreWith((query) => {
    asked.push(query);
    return Promise.resolve({ people: [person(`p_${asked.length}`)], cursor: "p_1" });
  }, language);
  const search = new PeopleSearch(core.directory, core.ports.time);
  search.setScope("u_1", true);
  await vi.waitFor(() => expect(search.snapshot().loading).toBe(false));
  await search.loadMore();
  language.set("en");
  await search.loadMore();
  expect(search.snapshot().people.map(({ id }) => id)).toEqual(["p_3"]);
  language.set("th");
  search.setScope("u_1", true);
  await vi.waitFor(() => expect(asked).toHaveLength(4));
  expect(asked.map(({ cursor }) => cursor)).toEqual([undefined, "p_1", undefined, undefined]);
});
