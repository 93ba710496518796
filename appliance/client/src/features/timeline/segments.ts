/**
 * The parts of a message's text: words, links, code, and the names of people mentioned. Pure.
 *
 * Rules: web addresses (http, https, and www. as https), e-mail addresses and Thai telephone numbers become links, and
 * nothing else does: each address is put together here from characters that can be no scheme of their own. It ends
 * before a character that cannot be seen, so that what is read is where it leads. A mention
 * counts only if the author's client named the person in the message. Of formatting there is what officials paste: code
 * between three backticks or one, **bold** on one line; nothing is nested but links and mentions in bold. The text itself
 * is kept as it was written. Takes time in proportion to the text.
 */
import { graphemeCount } from "#core/text";
import { EVERYONE_WORDS } from "#i18n/everyone";

export type Segment = (
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "code"; readonly text: string }
  | { readonly kind: "code_block"; readonly text: string }
  | { readonly kind: "link"; readonly text: string; readonly href: string }
  | { readonly kind: "mention"; readonly text: string }
) & { readonly bold?: true };

/** What a match stands for, and how much of the text that takes. */
interface Found {
  readonly segment: Segment;
  readonly length: number;
}

/** A block, inline code, or bold words; each part is bounded, so that a mark without its partner costs little. */
const MARKED = /```\n?([^]{1,20000}?)```\n?|`([^`\n]{1,500})`|\*\*(?![ *])([^*\n]{1,500})\*\*/gu;
/** What may stand in an address after its beginning: nothing that is drawn as nothing or that turns the writing (UAX #9). */
const IN_ADDRESS = String.raw`[^\s\p{Cf}\p{Default_Ignorable_Code_Point}\u2800<>"«»“”]`;
const WEB = String.raw`https?:\/\/${IN_ADDRESS}+`;
const WWW = String.raw`www\.[a-z0-9][a-z0-9.-]{1,250}(?:[\/?#]${IN_ADDRESS}*)?`;
const MAIL = String.raw`[a-z0-9._+\-]{1,64}@(?:[a-z0-9\-]{1,63}\.){1,8}[a-z]{2,24}`;
const D = "[0-9๐-๙]";
/** Mobile and Bangkok numbers end in a group of four, those of the provinces in one of three; the groups may touch. */
const PHONE = String.raw`(?:\+66[ \-]?|[0๐])(?:(?:[689๖๘๙]${D}|[2๒])[ \-]?${D}{3}[ \-]?${D}{4}|[3457๓๔๕๗]${D}[ \-]?${D}{3}[ \-]?${D}{3})`;
const ADDRESS = new RegExp(`(?<web>${WEB})|(?<www>${WWW})|(?<mail>${MAIL})|(?<phone>${PHONE})`, "giu");
/** What must not stand before an address without a scheme, or around a telephone number: it is part of something longer. */
const BEFORE_ADDRESS = /[a-z0-9._+@/:-]/iu;
const BEFORE_PHONE = /(?:[a-z0-9๐-๙+/-]|[0-9๐-๙]\.)$/iu;
const AFTER_PHONE = /[a-z0-9๐-๙/-]/iu;
/** Punctuation that ends a sentence is no part of the address before it. */
const ENDS_SENTENCE = ".,!?;:)]}'\"”’ฯ";
/** Browsers and servers take addresses of this length; a longer one is words. */
const MAX_ADDRESS_LENGTH = 2048;
/** As many parts are drawn apart; what follows is text. */
const MAX_PARTS = 200;

export function segments(text: string, names: readonly string[], everyone: boolean): readonly Segment[] {
  const calls = [...names.map((name) => `@${name}`), ...(everyone ? EVERYONE_WORDS : [])].sort((a, b) => b.length - a.length);
  const spoken = (words: string): Segment[] => links(words).flatMap((part) => (part.kind === "text" ? mentions(part.text, calls) : [part]));
  const parts = marked(text).flatMap((part): readonly Segment[] => {
    if (part.kind !== "text") return [part];
    return part.bold === undefined ? spoken(part.text) : spoken(part.text).map((inner) => ({ ...inner, bold: true }));
  });
  if (parts.length <= MAX_PARTS) return parts;
  const rest = parts.slice(MAX_PARTS - 1).map((part) => part.text);
  return [...parts.slice(0, MAX_PARTS - 1), { kind: "text", text: rest.join("") }];
}

/** The text in parts: what each match stands for, and the words between; a match that is null stays words. */
function apart(text: string, pattern: RegExp, part: (match: RegExpExecArray) => Found | null): Segment[] {
  const found: Segment[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const one = part(match);
    if (one === null) continue;
    if (match.index > from) found.push({ kind: "text", text: text.slice(from, match.index) });
    found.push(one.segment);
    from = match.index + one.length;
  }
  if (from < text.length) found.push({ kind: "text", text: text.slice(from) });
  return found;
}

function marked(text: string): Segment[] {
  return apart(text, MARKED, ([whole, block, code, bold]) => {
    const { length } = whole;
    if (code !== undefined) return { segment: { kind: "code", text: code }, length };
    if (block === undefined) return { segment: { kind: "text", text: bold ?? whole, bold: true }, length };
    return block.trim() === "" ? null : { segment: { kind: "code_block", text: block.replace(/\n$/u, "") }, length };
  });
}

function links(text: string): Segment[] {
  return apart(text, ADDRESS, (match) => {
    const words = withoutEnd(match[0]);
    const href = words.length > MAX_ADDRESS_LENGTH ? null : hrefOf(words, match);
    return href === null ? null : { segment: { kind: "link", text: words, href }, length: words.length };
  });
}

/** Where the words lead; null when they are part of something longer, such as a document's number. */
function hrefOf(words: string, { groups, index, input }: RegExpExecArray): string | null {
  if (groups?.["web"] !== undefined) return words;
  if (groups?.["phone"] === undefined) {
    if (BEFORE_ADDRESS.test(input.charAt(index - 1))) return null;
    return groups?.["www"] === undefined ? `mailto:${words}` : `https://${words}`;
  }
  if (BEFORE_PHONE.test(input.slice(Math.max(0, index - 2), index)) || AFTER_PHONE.test(input.charAt(index + words.length))) return null;
  return `tel:${words.replace(/[ -]/gu, "").replace(/[๐-๙]/gu, (digit) => String(digit.charCodeAt(0) - 0x0e50))}`;
}

function withoutEnd(address: string): string {
  let end = address.length;
  while (ENDS_SENTENCE.includes(address.charAt(end - 1))) end -= 1;
  return address.slice(0, end);
}

function mentions(text: string, calls: readonly string[]): Segment[] {
  if (calls.length === 0) return [{ kind: "text", text }];
  return apart(text, new RegExp(calls.map(literally).join("|"), "gu"), ([words]) => ({ segment: { kind: "mention", text: words }, length: words.length }));
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

const FOLDED_LINES = 20;
/** Characters that a line of a narrow page holds at least. */
const LINE = 40;

/** True when a text may take more lines than are shown at once; how many it takes only the page knows. */
export function mayBeLong(text: string): boolean {
  return text.split("\n", FOLDED_LINES + 1).reduce((lines, line) => lines + 1 + Math.floor(line.length / LINE), 0) > FOLDED_LINES;
}
