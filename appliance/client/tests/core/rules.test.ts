import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { deniedActions, EVERYONE_MEMBERS, mayEdit, mayRedact, type RuleRoom } from "#core/rules";

import { ADAPTERS, type Given } from "./ruleAdapters";

interface Table {
  readonly rule: string;
  readonly shared: boolean;
  readonly doc: string;
  readonly cases: readonly { readonly name: string; readonly given: Given; readonly expect: unknown }[];
}

const FOLDER = fileURLToPath(new URL("../../../../tests/rules/tables/", import.meta.url));
const TABLES = readdirSync(FOLDER)
  .filter((name) => name.endsWith(".json"))
  .map((name): [string, Table] => [name, JSON.parse(readFileSync(FOLDER + name, "utf-8")) as Table])
  .filter(([, table]) => table.shared);

test("there are shared tables, and every one has its rule here", () => {
  expect(TABLES.length).toBeGreaterThan(0);
  expect(TABLES.map(([, { rule }]) => rule).filter((rule) => !(rule in ADAPTERS))).toEqual([]);
});

describe.each(TABLES)("%s", (_, { rule, cases }) => {
  test.each(cases.map((row) => [row.name, row] as const))("%s", (_name, { given, expect: expected }) => {
    expect(ADAPTERS[rule]?.(given)).toEqual(expected);
  });
});

const GROUP: RuleRoom = { kind: "group", closed: false, memberCount: 2 };
const DIRECT: RuleRoom = { ...GROUP, kind: "direct" };
const TARGET = { type: "message.text", sender: "p_b", at: 0, redacted: false };
const DAY = 24 * 3_600_000;

describe("what a button is greyed out for", () => {
  test("the owner of a group may everything but ask themselves", () => {
    expect(deniedActions(GROUP, "owner")).toEqual({ ask_removal: "owner_must_transfer", suggest: "owner_adds_directly" });
  });
  test("a member may write and ask to be removed", () => {
    const owner = "not_owner";
    expect(deniedActions(GROUP, "member")).toEqual({ rename: owner, close: owner, add: owner, remove: owner, transfer: owner });
  });
  test("a private chat is fixed", () => {
    expect(deniedActions(DIRECT, "owner")["rename"]).toBe("direct_room_fixed");
    expect(deniedActions(DIRECT, "member")["ask_removal"]).toBe("direct_room_fixed");
  });
  test("a closed room is closed for everything, an outsider learns nothing", () => {
    expect(new Set(Object.values(deniedActions({ ...GROUP, closed: true }, "owner")))).toEqual(new Set(["room_closed"]));
    expect(deniedActions(GROUP, null)).toEqual({});
  });
  test("in a large room only the owner may call everyone", () => {
    const large = { ...GROUP, memberCount: EVERYONE_MEMBERS + 1 };
    expect(deniedActions(large, "member")["mention_everyone"]).toBe("mass_mention_limit");
    expect(deniedActions(large, "owner")["mention_everyone"]).toBeUndefined();
  });
});

describe("messages", () => {
  test("editing is the author's, for a day", () => {
    expect(mayEdit(GROUP, "member", "p_b", TARGET, DAY)).toBeNull();
    expect(mayEdit(GROUP, "member", "p_b", TARGET, DAY + 1)).toBe("edit_window_over");
    expect(mayEdit(GROUP, "owner", "p_a", TARGET, 0)).toBe("not_author");
    expect(mayEdit(GROUP, "member", "p_b", { ...TARGET, redacted: true }, 0)).toBe("message_retracted");
    expect(mayEdit(GROUP, "member", "p_b", null, 0)).toBe("not_a_message");
  });
  test("retracting is the author's for a day, and a group's owner's always", () => {
    expect(mayRedact(GROUP, "member", "p_b", TARGET, DAY + 1)).toBe("retract_window_over");
    expect(mayRedact(GROUP, "owner", "p_a", TARGET, 10 * DAY)).toBeNull();
    expect(mayRedact(DIRECT, "owner", "p_a", TARGET, 0)).toBe("not_author");
  });
});
