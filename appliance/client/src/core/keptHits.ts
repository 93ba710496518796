/**
 * Whether a message that this device keeps is what somebody looks for without network, and the part of it to show.
 *
 * Pure. Compares as the server does as far as that goes without its index: canonical Thai, Arabic digits, no case, every
 * term anywhere. Units and years of the other calendar are the server's alone.
 */

import type { Event, Hit, SearchQuery } from "./protocol";
import { isMessage } from "./registry";
import { folded, truncated } from "./text";

const LINK = /https?:\/\/\S|www\.\S/iu;
const SNIPPET_GRAPHEMES = 160;
/** So much of a sentence before the term is shown, if a space is there to begin at. */
const BEFORE = 40;

/** The words of a question, each to be found; quotation marks make no phrase here. */
export function termsOf(typed: string): readonly string[] {
  return folded(typed.replace(/["“”„«»]/gu, " ")).split(" ").filter(Boolean);
}

/** The message as a hit, or null when it is not what was asked for. */
export function keptHit(room: string, event: Event, terms: readonly string[], query: SearchQuery): Hit | null {
  const { n, sender, at } = event;
  const files = event.body?.files ?? [];
  const said = event.body?.text;
  if (!isMessage(event) || said === undefined || n == null || sender == null) return null;
  const text = [said, ...files.map(({ name }) => name)].join("\n").trim();
  const words = folded(text);
  const fits =
    terms.every((term) => words.includes(term)) &&
    (query.sender == null || sender === query.sender) &&
    (query.from == null || at >= query.from) &&
    (query.to == null || at < query.to) &&
    (query.has_link == null || LINK.test(said)) &&
    (query.has_file == null || files.length > 0) &&
    (query.type == null || files.some(({ form }) => form === query.type));
  if (!fits) return null;
  const found = files.map(({ name, form }) => ({ name, form, highlights: marksIn(name, terms) }));
  return { room, n, at, sender, ...cut(said.trim(), terms), files: found };
}

/** Where the first of each term stands in a name that is shown whole. */
function marksIn(name: string, terms: readonly string[]): [number, number][] {
  const lower = name.toLowerCase();
  if (lower.length !== name.length) return [];
  const places = terms.map((term): [number, number] => [lower.indexOf(term), lower.indexOf(term) + term.length]);
  const marked: [number, number][] = [];
  for (const [from, to] of places.filter(([at]) => at >= 0).sort(([a], [b]) => a - b)) {
    const last = marked.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else marked.push([from, to]);
  }
  return marked;
}

/** The part around the first term that stands in the text as it was typed, marked; else the beginning, unmarked. */
function cut(text: string, terms: readonly string[]): Pick<Hit, "snippet" | "highlights"> {
  const line = text.replace(/\s+/gu, " ");
  const lower = line.toLowerCase();
  const term = terms.find((one) => lower.includes(one));
  if (term === undefined || lower.length !== line.length) return { snippet: truncated(line, SNIPPET_GRAPHEMES), highlights: [] };
  const at = lower.indexOf(term);
  const space = at <= BEFORE ? -1 : line.lastIndexOf(" ", at);
  const from = at <= BEFORE ? 0 : space > at - BEFORE ? space + 1 : at;
  const lead = from > 0 ? "…" : "";
  const start = lead.length + at - from;
  return { snippet: lead + truncated(line.slice(from), SNIPPET_GRAPHEMES), highlights: [[start, start + term.length]] };
}
