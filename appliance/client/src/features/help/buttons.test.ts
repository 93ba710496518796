import { readdirSync, readFileSync } from "node:fs";

import { i18n } from "@lingui/core";
import { beforeAll, expect, test } from "vitest";

import { BUTTONS, type ButtonName } from "./buttons";

const FEATURES = `${import.meta.dirname}/..`;
const sources = readdirSync(FEATURES, { recursive: true, encoding: "utf8" })
  .filter((path) => /\.tsx?$/u.test(path) && !path.startsWith("help/") && !path.includes(".test."))
  .map((path) => readFileSync(`${FEATURES}/${path}`, "utf8"));

beforeAll(() => i18n.loadAndActivate({ locale: "th", messages: {} }));

/** True where a source writes this text as a whole message, and draws the icon. */
function has(source: string, text: string, icon: string | null): boolean {
  const written = [`t\`${text}\``, `<Trans>${text}</Trans>`].some((form) => source.includes(form));
  return written && (icon === null || source.includes(`"${icon}"`));
}

test.each(Object.keys(BUTTONS) as ButtonName[])("Help names the button “%s” as it is: its words and its icon", (name) => {
  const { icon, label } = BUTTONS[name];
  expect(sources.some((source) => has(source, i18n._(label), icon)), `no button with ${icon ?? "no icon"} says “${i18n._(label)}”`).toBe(true);
});

test("a button under another name is noticed", () => {
  expect(sources.some((source) => has(source, i18n._(BUTTONS.pin.label), "phone"))).toBe(false);
  expect(sources.some((source) => has(source, "ปักหมุดไว้เสมอ", "pin"))).toBe(false);
});
