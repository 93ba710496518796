/**
 * The parts of a message's text: words, links, and the names of people mentioned. Pure.
 * Only http and https become links; a mention counts only if the author's client named the person in the message.
 */
import { EVERYONE_WORDS } from "#i18n/everyone";

export type Segment =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string }
  | { readonly kind: "mention"; readonly text: string };

const LINK = /https?:\/\/[^\s<>"«»]+/gu;
/** Punctuation that ends a sentence is no part of the address before it. */
const TRAILING = /[.,!?;:)\]}'"”’ฯ]+$/u;

export function segments(text: string, names: readonly string[], everyone: boolean): readonly Segment[] {
  const calls = [...names.map((name) => `@${name}`), ...(everyone ? EVERYONE_WORDS : [])].sort((a, b) => b.length - a.length);
  return links(text).flatMap((part) => (part.kind === "text" ? mentions(part.text, calls) : [part]));
}

function links(text: string): Segment[] {
  const found: Segment[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const href = match[0].replace(TRAILING, "");
    if (match.index > from) found.push({ kind: "text", text: text.slice(from, match.index) });
    found.push({ kind: "link", text: href, href });
    from = match.index + href.length;
  }
  if (from < text.length) found.push({ kind: "text", text: text.slice(from) });
  return found;
}

function mentions(text: string, calls: readonly string[]): Segment[] {
  const first = calls
    .map((call) => ({ call, at: text.indexOf(call) }))
    .filter(({ at }) => at !== -1)
    .sort((a, b) => a.at - b.at || b.call.length - a.call.length)[0];
  if (!first) return text === "" ? [] : [{ kind: "text", text }];
  const before: Segment[] = first.at === 0 ? [] : [{ kind: "text", text: text.slice(0, first.at) }];
  return [...before, { kind: "mention", text: first.call }, ...mentions(text.slice(first.at + first.call.length), calls)];
}

const EMOJI_ONLY = /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200D|\uFE0F|\s)+$/u;

/** True for one to three emoji and nothing else, which are shown larger. */
export function isEmojiOnly(text: string): boolean {
  if (text.length > 40 || !EMOJI_ONLY.test(text) || text.trim() === "") return false;
  return [...new Intl.Segmenter("th", { granularity: "grapheme" }).segment(text.replace(/\s/gu, ""))].length <= 3;
}
