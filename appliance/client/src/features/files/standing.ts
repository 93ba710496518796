/**
 * Whether a file can be opened, and what has to be said of it. Pure.
 *
 * The server decides at every request; this says the same beforehand, so that nobody presses in vain.
 */
import type { FileView } from "#core/protocol";

/** What is said of a file: how its scan stands, or why its bytes are not here. `clean` is not said. */
export type Said = "checking" | "checking_mine" | "unchecked" | "infected" | "uncheckable" | "held_uncheckable" | "too_big" | "held_too_big" | "remote" | "fetching" | "unavailable" | "damaged" | "gone";

export interface Standing {
  /** The reader may open it. */
  readonly open: boolean;
  readonly said: Said | null;
  readonly tone: "quiet" | "warn" | "danger";
}

const CLEAN: Standing = { open: true, said: null, tone: "quiet" };

export function standingOf({ state, held: isHeld }: Pick<FileView, "state" | "held">, mine: boolean): Standing {
  const held = isHeld === true;
  const open = !held || mine;
  switch (state) {
    case "clean":
      return CLEAN;
    case "pending":
      if (!held) return { open, said: "unchecked", tone: "warn" };
      return { open, said: mine ? "checking_mine" : "checking", tone: "quiet" };
    case "unscannable":
      return { open, said: open ? "uncheckable" : "held_uncheckable", tone: "warn" };
    case "too_big":
      return { open, said: open ? "too_big" : "held_too_big", tone: "warn" };
    case "infected":
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
