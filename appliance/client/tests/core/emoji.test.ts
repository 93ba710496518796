import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

const FILE = fileURLToPath(new URL("../../../rules/data/emoji_drawn_as_text.txt", import.meta.url));

test("the server's list of emoji that are drawn as text is Unicode's", () => {
  const listed = readFileSync(FILE, "ascii")
    .split("\n")
    .filter((line) => !line.startsWith("#"))
    .join(" ")
    .split(" ")
    .filter(Boolean)
    .flatMap((range) => {
      const [first = 0, last = first] = range.split("-").map((point) => Number.parseInt(point, 16));
      return Array.from({ length: last - first + 1 }, (_, at) => first + at);
    });
  const known: number[] = [];
  for (let point = 0x80; point < 0x110000; point += 1)
    if (/^(?!\p{Emoji_Presentation})\p{Emoji}$/u.test(String.fromCodePoint(point))) known.push(point);
  expect(listed).toEqual(known);
});
