/**
 * Text made to cost more than its length, given to every function of the modules that read what people wrote: each takes
 * time in proportion to the text. A new function of these modules is tried by being there.
 */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import * as emoji from "#core/emoji";
import * as fileForms from "#core/fileForms";
import * as keptHits from "#core/keptHits";
import { PasswordGuard } from "#core/passwordGuard";
import type { Event } from "#core/protocol";
import * as sendable from "#core/sendable";
import * as text from "#core/text";

import * as segments from "../src/features/timeline/segments";
import * as routes from "../src/features/shell/routes";

const LONGEST = 20_000;
const MAX_NAME_LENGTH = 200;
/** Seconds of the processor; what is linear takes a tenth of it, what is not took 0.7 s and more. */
const MAX_S = 0.6;
const PIECES = Object.entries(
  JSON.parse(readFileSync(fileURLToPath(new URL("../../../tests/rules/data/hostile_texts.json", import.meta.url)), "utf-8")) as Record<string, string>,
);

function full(piece: string): string {
  return piece.repeat(Math.ceil(LONGEST / piece.length)).slice(0, LONGEST);
}

function cost(work: () => unknown): number {
  let best = Infinity;
  for (let run = 0; run < 3 && best > MAX_S / 4; run += 1) {
    const begun = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(begun);
    best = Math.min(best, (user + system) / 1e6);
  }
  return best;
}

/** How each function takes a text where it is more than its only argument. */
const CALLS: Readonly<Record<string, (hostile: string) => unknown>> = {
  wordsOf: (hostile) => text.wordsOf(hostile.slice(0, MAX_NAME_LENGTH)),
  truncated: (hostile) => text.truncated(hostile, 200),
  sortedByName: (hostile) => text.sortedByName([hostile, `${hostile}ก`], (one) => one, "th"),
  matchName: (hostile) => text.matchName(hostile.slice(0, MAX_NAME_LENGTH), hostile.slice(0, MAX_NAME_LENGTH)),
  rankedByName: (hostile) => text.rankedByName([hostile.slice(0, MAX_NAME_LENGTH)], hostile.slice(0, MAX_NAME_LENGTH), (one) => one),
  namedLike: (hostile) => text.namedLike([hostile.slice(0, MAX_NAME_LENGTH)], hostile.slice(0, MAX_NAME_LENGTH), (one) => one),
  mentionAt: (hostile) => text.mentionAt(hostile, hostile.length),
  segments: (hostile) => segments.segments(hostile, Array.from({ length: 100 }, (_, n) => hostile.slice(0, n + 2)), true),
  keptHit: (hostile) => {
    const event: Event = { type: "message.text", at: 1, n: 1, sender: "p_a", body: { text: hostile } };
    return keptHits.keptHit("r_a", event, keptHits.termsOf(hostile.slice(0, 400)), { q: "", limit: 30 });
  },
  roomRoute: (hostile) => routes.roomRoute(hostile),
  messageRoute: (hostile) => routes.messageRoute(hostile, 1),
  formatRoute: (hostile) => routes.formatRoute(routes.roomRoute(sendable.sendable(hostile))),
  meant: (hostile) => routes.meant(routes.parseRoute(hostile), { me: "p_me", strangers: new Set(["p_none"]), units: new Set(["u_a"]) }),
  depthOf: (hostile) => routes.depthOf(routes.parseRoute(hostile)),
};
const FUNCTIONS = [text, emoji, sendable, fileForms, keptHits, segments, routes].flatMap((module) =>
  Object.entries(module).filter((entry): entry is [string, (hostile: string) => unknown] => typeof entry[1] === "function"),
);

test.each(FUNCTIONS)("%s", (name, work) => {
  const call = CALLS[name] ?? work;
  if (CALLS[name] === undefined) expect(work.length, "a function of several arguments needs its line in CALLS").toBe(1);
  for (const [what, piece] of PIECES)
    for (const hostile of [full(piece), `https://${full(piece)}a`, `@${full(piece)}b`])
      expect(cost(() => call(hostile)), what).toBeLessThan(MAX_S);
});

test("the guard of the password", () => {
  const guard = new PasswordGuard(() => 0.5);
  guard.learn("ก".repeat(256));
  for (const [what, piece] of PIECES) expect(cost(() => guard.isIn(full(piece))), what).toBeLessThan(MAX_S);
});

test.each(["`", "```", "**", "**a", "www.", "www.a/", "a@", "a@b.", "a.", "08", "+66 8", "0 ", "```\n`a"])("marks and addresses without an end: %s", (piece) => {
  expect(cost(() => segments.segments(full(piece), ["a"], true))).toBeLessThan(MAX_S);
});

test("a message is drawn in at most 200 parts, and no word of it is lost", () => {
  for (const hostile of [full("@a "), full("https://a.th "), full("@a https://a.th/! ")]) {
    const parts = segments.segments(hostile, ["a"], false);
    expect(parts.length).toBe(200);
    expect(parts.map((part) => part.text).join("")).toBe(hostile);
  }
});

test("an address longer than browsers take is text", () => {
  const long = `https://a.th/${"a".repeat(2048)}`;
  expect(segments.segments(long, [], false)).toEqual([{ kind: "text", text: long }]);
  expect(segments.segments(`https://${"!".repeat(19_990)}a`, [], false)).toHaveLength(1);
});

test("names are matched word for word, whatever signs are in them", () => {
  const name = "a.b (c) [d] $^|{e}*+?\\/";
  expect(segments.segments(`x @${name} @axb`, [name], false)).toEqual([
    { kind: "text", text: "x " },
    { kind: "mention", text: `@${name}` },
    { kind: "text", text: " @axb" },
  ]);
});

test("what is sent has nothing that the server refuses", () => {
  expect(sendable.sendable("หน้า 1\v\fหน้า 2\r\nจบ\0\u001b[31m\ufffe\u{1ffff}\ud800")).toBe("หน้า 1\n\nหน้า 2\nจบ[31m");
  expect(sendable.sendable(`ก${"\u0e48".repeat(40)}`)).toBe(`ก${"\u0e48".repeat(30)}`);
  expect(sendable.sendable("a\u202eb")).toBe("a\u202eb\u202c");
  expect(sendable.sendable("👨‍👩‍👧 \t น้ำ\u0085")).toBe("👨‍👩‍👧 \t น้ำ\u0085");
});
