/**
 * Whether a file can be opened, and what has to be said of it. Pure.
 *
 * The server decides at every request; this says the same beforehand, so that nobody presses in vain.
 */
import type { FileView } from "#core/protocol";

/**
 * What is said of a file: how its scan stands, or why its bytes are not here. `clean` is not said, nor is it of each file
 * that the agency scans none: that is said once (`isUnscanned`).
 */
export type Said =
  | ("checking" | "checking_mine" | "away" | "away_mine" | "soon" | "soon_mine" | "unchecked" | "infected" | "released")
  | ("uncheckable" | "held_uncheckable" | "too_big" | "held_too_big")
  | ("remote" | "fetching" | "unavailable" | "damaged" | "removed" | "gone");

export interface Standing {
  /** The reader may open it. */
  readonly open: boolean;
  readonly said: Said | null;
  readonly tone: "quiet" | "warn" | "danger";
}

const UNSAID: Standing = { open: true, said: null, tone: "quiet" };

/** Where the agency scans no files, this one is not going to be scanned. */
export function isUnscanned({ state, scanner }: Pick<FileView, "state" | "scanner">): boolean {
  return state === "pending" && scanner === "off";
}

export function standingOf(file: Pick<FileView, "state" | "held" | "opens" | "scanner">, mine: boolean): Standing {
  const { state, held: isHeld } = file;
  const held = isHeld === true;
  const open = !held || mine;
  switch (state) {
    case "clean":
      return UNSAID;
    case "pending":
      if (isUnscanned(file)) return UNSAID;
      if (!held) return { open, said: "unchecked", tone: "warn" };
      if (file.scanner === "away") return { open, said: sayAway(file.opens === true, mine), tone: "warn" };
      return { open, said: mine ? "checking_mine" : "checking", tone: "quiet" };
    case "unscannable":
      return { open, said: open ? "uncheckable" : "held_uncheckable", tone: "warn" };
    case "too_big":
      return { open, said: open ? "too_big" : "held_too_big", tone: "warn" };
    case "released":
      return { open, said: "released", tone: "warn" };
    case "infected":
    case "removed":
    case "damaged":
      return { open: false, said: state, tone: "danger" };
    case "remote":
    case "fetching":
      return { open: false, said: state, tone: "quiet" };
    case "unavailable":
    case "gone":
      return { open: false, said: state, tone: "warn" };
  }
}

/** Nobody scans it now: whether it opens by itself all the same, as the agency's policy has it, or waits for the scanner. */
function sayAway(opens: boolean, mine: boolean): Said {
  if (opens) return mine ? "soon_mine" : "soon";
  return mine ? "away_mine" : "away";
}
