/** The floor of browsers: what the build lowers, what it refuses, and what a browser below it is shown. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";

import { transform } from "lightningcss";
import { expect, test } from "vitest";

import { STYLE_FLOOR, tooNew } from "../build/floor";

const client = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(client + path, "utf-8");

function lowered(source: string): string {
  return transform({ filename: "x.css", code: Buffer.from(source), targets: STYLE_FLOOR, minify: true }).code.toString();
}

test("the colours of both themes reach browsers without light-dark()", () => {
  const built = lowered(read("src/ui/tokens.css"));
  expect(read("src/ui/tokens.css")).toContain("light-dark(");
  expect(tooNew("tokens.css", built)).toEqual([]);
  expect(built).toMatch(/--ground:[^;]*#f4f1ea[^;]*#131817/u);
  expect(built).toContain("prefers-color-scheme:dark");
});

test("heights go by a unit that every browser knows", () => {
  const styles = readdirSync(`${client}src`, { recursive: true, encoding: "utf-8" }).filter((file) => file.endsWith(".css"));
  const newer = styles.filter((file) => /\d[sld]v(?:b|h|min|max)\b/u.test(read(`src/${file}`)));
  expect(newer).toEqual(["ui/tokens.css"]); // where the unit is chosen
  expect(read("src/ui/tokens.css")).toMatch(/--page-unit: 1vh;[^]*@supports \(block-size: 1dvb\)/u);
});

test("what cannot be lowered is found in a built file", () => {
  expect(tooNew("a.js", "x.toSorted()")).toEqual([".toSorted("]);
  expect(tooNew("a.js", "AbortSignal.any([a,b])")).toEqual(["AbortSignal.any("]);
  expect(tooNew("a.js", "/(?<=a)b/.test(c)")).toEqual(["(?<="]);
  expect(tooNew("a.css", "a{color:light-dark(#fff,#000)}")).toEqual(["light-dark("]);
  expect(tooNew("a.js", "[...x].sort()")).toEqual([]);
});

/** Runs public/old-browser.js in a browser that has only what `features` says. */
function shownIn(features: { layers: boolean; findLast: boolean }): boolean {
  const flags: Record<string, string> = {};
  const root = { setAttribute: (name: string, value: string) => (flags[name] = value) };
  const page = { documentElement: root, addEventListener: () => undefined, readyState: "loading" };
  const list = features.findLast ? { findLast: () => undefined } : {};
  const window = { ...(features.layers ? { CSSLayerBlockRule: () => undefined } : {}), BroadcastChannel: () => undefined, Promise };
  runInNewContext(read("public/old-browser.js"), { window, document: page, Array: { prototype: list } });
  return flags["data-too-old"] === "yes";
}

test("a browser below the floor is told so, one at it is not", () => {
  expect(shownIn({ layers: true, findLast: true })).toBe(false);
  expect(shownIn({ layers: false, findLast: true })).toBe(true);
  expect(shownIn({ layers: true, findLast: false })).toBe(true);
});
