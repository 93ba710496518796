import { expect, test } from "vitest";

import { file } from "./fixtures";
import { standingOf } from "./standing";

type Facts = Parameters<typeof file>[1];

test.each<[Facts, boolean, boolean, string | null]>([
  [{ state: "clean" }, false, true, null],
  [{ state: "pending", held: true }, false, false, "checking"],
  [{ state: "pending", held: true }, true, true, "checking_mine"],
  [{ state: "pending" }, false, true, "unchecked"],
  [{ state: "pending", held: true, scanner: "away" }, false, false, "away"],
  [{ state: "pending", held: true, scanner: "away" }, true, true, "away_mine"],
  [{ state: "pending", held: true, opens: true }, false, false, "checking"],
  [{ state: "pending", held: true, opens: true, scanner: "away" }, false, false, "soon"],
  [{ state: "pending", held: true, opens: true, scanner: "away" }, true, true, "soon_mine"],
  [{ state: "pending", scanner: "away" }, false, true, "unchecked"],
  [{ state: "pending", scanner: "off" }, false, true, null],
  [{ state: "released" }, false, true, "released"],
  [{ state: "unscannable", held: true }, false, false, "held_uncheckable"],
  [{ state: "unscannable", held: true }, true, true, "uncheckable"],
  [{ state: "unscannable" }, false, true, "uncheckable"],
  [{ state: "too_big", held: true }, false, false, "held_too_big"],
  [{ state: "too_big" }, false, true, "too_big"],
  [{ state: "infected" }, true, false, "infected"],
  [{ state: "infected", held: true }, false, false, "infected"],
  [{ state: "removed" }, true, false, "removed"],
  [{ state: "remote" }, false, false, "remote"],
  [{ state: "fetching" }, false, false, "fetching"],
  [{ state: "unavailable" }, true, false, "unavailable"],
  [{ state: "damaged", held: true }, true, false, "damaged"],
  [{ state: "gone" }, true, false, "gone"],
])("%j, of the reader: %s", (facts, mine, open, said) => {
  expect(standingOf(file({}, facts), mine)).toMatchObject({ open, said });
});
