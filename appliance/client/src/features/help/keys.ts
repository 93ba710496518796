/**
 * The keyboard map: which keys do what everywhere. No single letters, so typing Thai never triggers anything (A8).
 * Pure: an event's fields in, a command out; the composition root does what the command says.
 */
export type Command = "help" | "search" | "previous_room" | "next_room" | "previous_unread" | "next_unread" | "composer" | "timeline" | "back";

interface Chord {
  readonly key: string;
  readonly ctrl?: boolean;
  readonly alt?: boolean;
  readonly shift?: boolean;
}

const CHORDS: readonly (readonly [Chord, Command])[] = [
  [{ key: "/", ctrl: true }, "help"],
  [{ key: "k", ctrl: true }, "search"],
  [{ key: "ArrowUp", alt: true }, "previous_room"],
  [{ key: "ArrowDown", alt: true }, "next_room"],
  [{ key: "ArrowUp", alt: true, shift: true }, "previous_unread"],
  [{ key: "ArrowDown", alt: true, shift: true }, "next_unread"],
  [{ key: "Enter", ctrl: true, shift: true }, "composer"],
  [{ key: "Home", ctrl: true, shift: true }, "timeline"],
  [{ key: "Escape" }, "back"],
];

/** Physical keys, so that Ctrl+K and Ctrl+/ work on the Thai layout too, where they carry other letters. */
const BY_CODE: Readonly<Record<string, string>> = { KeyK: "k", Slash: "/" };

export interface KeyPress {
  readonly key: string;
  readonly code: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

export function commandFor(press: KeyPress): Command | null {
  const key = BY_CODE[press.code] ?? press.key;
  const found = CHORDS.find(
    ([chord]) =>
      chord.key === key &&
      (chord.ctrl ?? false) === (press.ctrlKey || press.metaKey) &&
      (chord.alt ?? false) === press.altKey &&
      (chord.shift ?? false) === press.shiftKey,
  );
  return found?.[1] ?? null;
}
