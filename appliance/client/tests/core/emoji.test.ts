import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const listed = (name: string): number[] =>
  readFileSync(fileURLToPath(new URL(`../../../rules/data/${name}.txt`, import.meta.url)), "ascii")
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join(" ")
    .split(" ")
    .filter(Boolean)
    .flatMap((range) => {
      const [first = 0, last = first] = range.split("-").map((point) => Number.parseInt(point, 16));
      return Array.from({ length: last - first + 1 }, (_, at) => first + at);
    });

const known = (property: RegExp): number[] => {
  const found: number[] = [];
  for (let point = 0x80; point < 0x110000; point += 1) if (property.test(String.fromCodePoint(point))) found.push(point);
  return found;
};

test("the server's lists of emoji are Unicode's", () => {
  expect(listed("emoji_drawn_as_text")).toEqual(known(/^(?!\p{Emoji_Presentation})\p{Emoji}$/u));
  expect(listed("emoji_drawn_in_colour")).toEqual(known(/^\p{Emoji_Presentation}$/u));
});
