/** From a table's `given` to the rule's arguments, for every shared table: the twin of tests/rules/adapters.py. */
import { concerned } from "#core/concerns";
import { oneEmoji } from "#core/emoji";
import type { Range } from "#core/ranges";
import { after, type Reading } from "#core/reads";
import {
  deniedActions,
  mayAskRemoval,
  maySuggest,
  mayEdit,
  mayMentionEveryone,
  mayPost,
  mayReact,
  mayRedact,
  mayRename,
  type Role,
  type RuleRoom,
  type RuleTarget,
} from "#core/rules";
import { closedDirections } from "#core/sendable";
import { canonical, folded } from "#core/text";

export type Given = Readonly<Record<string, unknown>>;

interface GivenRoom {
  readonly kind: string;
  readonly owner: string;
  readonly closed?: boolean;
  readonly members: readonly string[];
}

function room(given: Given): RuleRoom {
  const { kind, closed, members } = given["room"] as GivenRoom;
  return { kind, closed: closed ?? false, memberCount: members.length };
}

function role(given: Given): Role | null {
  const { owner, members } = given["room"] as GivenRoom;
  if (!members.includes(given["person"] as string)) return null;
  return owner === given["person"] ? "owner" : "member";
}

function target(given: Given): RuleTarget | null {
  return (given["target"] ?? null) as RuleTarget | null;
}

const text = (given: Given, name: string): string => given[name] as string;
const number = (given: Given, name: string): number => given[name] as number;

function reading(given: Given): Reading {
  const { since, read, skipped, shown } = given as { since: number; read: number; skipped: readonly Range[]; shown: readonly Range[] };
  return shown.reduce<Reading>((before, range) => after(before, since, range), { read, skipped });
}

export const ADAPTERS: Readonly<Record<string, (given: Given) => unknown>> = {
  closed_directions: (g) => closedDirections(text(g, "text")),
  emoji: (g) => oneEmoji(text(g, "text")),
  canonical: (g) => canonical(text(g, "text")),
  fold: (g) => folded(text(g, "text")),
  may_post: (g) => mayPost(room(g), role(g)),
  may_rename: (g) => mayRename(room(g), role(g)),
  may_ask_removal: (g) => mayAskRemoval(room(g), role(g)),
  may_suggest: (g) => maySuggest(room(g), role(g)),
  may_mention_everyone: (g) => mayMentionEveryone(room(g), role(g)),
  may_edit: (g) => mayEdit(room(g), role(g), text(g, "person"), target(g), number(g, "now")),
  may_redact: (g) => mayRedact(room(g), role(g), text(g, "person"), target(g), number(g, "now")),
  may_react: (g) => mayReact(room(g), role(g), target(g)),
  reading,
  concerned: (g) => concerned(text(g, "kind"), { type: text(g, "type"), sender: text(g, "sender"), state: g["fields"] as Readonly<Record<string, unknown>> }),
  denied_actions: (g) => deniedActions(room(g), role(g)),
};
