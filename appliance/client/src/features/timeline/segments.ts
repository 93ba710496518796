/**
 * The parts of a message's text: words, links, and the names of people mentioned. Pure.
 * Only http and https become links; a mention counts only if the author's client named the person in the message.
 */
import { graphemeCount } from "#core/text";
import { EVERYONE_WORDS } from "#i18n/everyone";

export type Segment =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string }
  | { readonly kind: "mention"; readonly text: string };

const LINK = /https?:\/\/[^\s<>"«»]+/gu;
/** Punctuation that ends a sentence is no part of the address before it. */
const ENDS_SENTENCE = ".,!?;:)]}'\"”’ฯ";
/** Browsers and servers take addresses of this length; a longer one is words. */
const LONGEST_ADDRESS = 2048;
/** As many parts are drawn apart; what follows is text. */
const MOST_PARTS = 200;

export function segments(text: string, names: readonly string[], everyone: boolean): readonly Segment[] {
  const calls = [...names.map((name) => `@${name}`), ...(everyone ? EVERYONE_WORDS : [])].sort((a, b) => b.length - a.length);
  const parts = links(text).flatMap((part) => (part.kind === "text" ? mentions(part.text, calls) : [part]));
  if (parts.length <= MOST_PARTS) return parts;
  const rest = parts.slice(MOST_PARTS - 1).map((part) => part.text);
  return [...parts.slice(0, MOST_PARTS - 1), { kind: "text", text: rest.join("") }];
}

function links(text: string): Segment[] {
  const found: Segment[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const href = withoutEnd(match[0]);
    if (href.length > LONGEST_ADDRESS) continue;
    if (match.index > from) found.push({ kind: "text", text: text.slice(from, match.index) });
    found.push({ kind: "link", text: href, href });
    from = match.index + href.length;
  }
  if (from < text.length) found.push({ kind: "text", text: text.slice(from) });
  return found;
}

function withoutEnd(address: string): string {
  let end = address.length;
  while (ENDS_SENTENCE.includes(address.charAt(end - 1))) end -= 1;
  return address.slice(0, end);
}

function mentions(text: string, calls: readonly string[]): Segment[] {
  if (calls.length === 0) return [{ kind: "text", text }];
  const found: Segment[] = [];
  let from = 0;
  for (const match of text.matchAll(new RegExp(calls.map(literally).join("|"), "gu"))) {
    if (match.index > from) found.push({ kind: "text", text: text.slice(from, match.index) });
    found.push({ kind: "mention", text: match[0] });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ kind: "text", text: text.slice(from) });
  return found;
}

/** An expression that matches these words and nothing else. */
function literally(words: string): string {
  return words.replace(/[$()*+.?[\\\]^{|}/]/gu, "\\$&");
}

const EMOJI_ONLY = /^(?:\p{Emoji_Presentation}|\p{Extended_Pictographic}|\p{Emoji_Modifier}|\u200D|\uFE0F|\s)+$/u;

/** True for one to three emoji and nothing else, which are shown larger. */
export function isEmojiOnly(text: string): boolean {
  if (text.length > 40 || !EMOJI_ONLY.test(text) || text.trim() === "") return false;
  return graphemeCount(text.replace(/\s/gu, "")) <= 3;
}
