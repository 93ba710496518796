/**
 * What a key means in the field in which messages are written (C17). Pure.
 *
 * Enter that ends a composition belongs to the input method; «Process» is how it shows where the flag comes late. On a
 * touch keyboard Enter starts a line. While a list of people is open, the arrows, Enter, Tab and Esc are its own.
 */
export interface Pressed {
  readonly key: string;
  readonly shift: boolean;
  readonly composing: boolean;
}

export interface Around {
  /** The keyboard is drawn on a screen that is touched. */
  readonly touch: boolean;
  readonly listed: boolean;
  /** Nothing is written. */
  readonly empty: boolean;
  readonly mode: "write" | "reply" | "edit";
}

export type Meaning = "next" | "previous" | "choose" | "dismiss" | "send" | "leave_mode" | "edit_last";

export function meaningOf({ key, shift, composing }: Pressed, { touch, listed, empty, mode }: Around): Meaning | null {
  if (composing || key === "Process") return null;
  const ofList = listed ? listMeaning(key, shift) : null;
  if (ofList !== null) return ofList;
  if (key === "Enter" && !shift && !touch) return "send";
  if (key === "Escape" && mode !== "write") return "leave_mode";
  return key === "ArrowUp" && empty && mode === "write" ? "edit_last" : null;
}

function listMeaning(key: string, shift: boolean): Meaning | null {
  if (key === "ArrowDown") return "next";
  if (key === "ArrowUp") return "previous";
  if (key === "Escape") return "dismiss";
  return (key === "Enter" || key === "Tab") && !shift ? "choose" : null;
}
