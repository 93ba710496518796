/** Putting a mention into a text. Finding whom somebody means is `core/text.ts`: any part of a Thai name counts. Pure. */
export interface Candidate {
  readonly id: string;
  readonly name: string;
  readonly detail: string | null;
}

/** Puts the name in place of what was typed from the «@» at `start` to the caret; one space follows. */
export function withMention(text: string, caret: number, start: number, name: string): { text: string; caret: number } {
  const inserted = `@${name} `;
  const rest = text.slice(caret).replace(/^ /u, "");
  return { text: text.slice(0, start) + inserted + rest, caret: start + inserted.length };
}
