/**
 * A text as the server takes it: what nobody sees and the server would refuse is left out before it is sent.
 *
 * Rules, as in the server's `rules/text.py`: no control characters (a vertical tab or form feed, which slides and pages
 * are pasted with, is a new line), no noncharacters, at most 30 marks in a row, and what turns the direction of writing
 * is closed where its paragraph ends. Pure; takes time in proportion to the text.
 */
import { streamSafe } from "./text";

const LINE_ENDS = /\r\n?|[\v\f]/gu;
const NOT_TEXT = /(?![\t\n\u0085])[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/gu;
const DIRECTIONS = /[\u202a-\u202e\u2066-\u2069\n\r\u0085\u2029]/gu;
const TURNS = /[\u202a\u202b\u202d\u202e\u2066-\u2068]/u;
const EMBEDDINGS = "\u202a\u202b\u202d\u202e";
const ISOLATES = "\u2066\u2067\u2068";
const POP_EMBEDDING = "\u202c";
const POP_ISOLATE = "\u2069";
const DEEPEST = 125;

export function sendable(text: string): string {
  return closedDirections(streamSafe(text.replace(LINE_ENDS, "\n").replace(NOT_TEXT, "")));
}

/** The text with every embedding and isolate closed at the end of its paragraph; without them where nested too deep. */
export function closedDirections(text: string): string {
  if (!TURNS.test(text)) return text;
  let written = "";
  let done = 0;
  let open: string[] = [];
  /** How many of the open ones are isolates, so that a closer which closes nothing looks at nothing. */
  let isolates = 0;
  const close = (end: number) => {
    written += text.slice(done, end) + open.reverse().map((mark) => (ISOLATES.includes(mark) ? POP_ISOLATE : POP_EMBEDDING)).join("");
    done = end;
    open = [];
    isolates = 0;
  };
  for (const { 0: mark, index } of text.matchAll(DIRECTIONS)) {
    if (EMBEDDINGS.includes(mark) || ISOLATES.includes(mark)) {
      open.push(mark);
      if (ISOLATES.includes(mark)) isolates += 1;
      if (open.length > DEEPEST) return text.replace(/[\u202a-\u202e\u2066-\u2069]/gu, "");
    } else if (mark === POP_EMBEDDING) {
      if (EMBEDDINGS.includes(open.at(-1) ?? " ")) open.pop();
    } else if (mark === POP_ISOLATE) {
      if (isolates > 0) {
        isolates -= 1;
        open.length = open.findLastIndex((one) => ISOLATES.includes(one));
      }
    } else close(index);
  }
  close(text.length);
  return written;
}
