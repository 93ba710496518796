/**
 * Thai text: matching names, cutting without breaking a mark, digits of both kinds (L4, L6, L7, C11).
 *
 * Pure. Works on graphemes and words as `segmenter.ts` finds them, never on code units. Dates are in `dates.ts`.
 */
import type { Language } from "./naming";
import { segmenter } from "./segmenter";

const graphemes = segmenter("grapheme");
const words = segmenter("word");
const collators = {
  th: new Intl.Collator("th", { numeric: true }),
  en: new Intl.Collator("en", { numeric: true }),
};
const collator = collators.th;

const PART = 256;
/** Code units of a name being typed; far more than its 60 graphemes have. */
const MAX_TYPED_LENGTH = 600;
const ZERO_WIDTH = /[\u200b-\u200d\u2060\ufeff\u00ad]/g;
/** What is drawn as nothing, white space apart. */
const INVISIBLE =
  // eslint-disable-next-line no-control-regex -- these are what is to go
  /[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]|\u034f|[\ufe00-\ufe0f]/g;
const REPEATED_MARK = /([\u0e31\u0e33-\u0e3a\u0e47-\u0e4e])\1+/g;
const TOO_MANY_MARKS = /([\p{M}\p{Cf}\uff9e\uff9f]{30})[\p{M}\p{Cf}\uff9e\uff9f]+/gu;
const MARK_RUN = /[\p{M}\u0e32\u0e33]{2,}/gu;
const SARA_AA = "\u0e32";
const SARA_AM = "\u0e33";
const NIKHAHIT = "\u0e4d";
/** PHINTHU, vowel below, vowel above, MAITAIKHU and NIKHAHIT, tone mark, THANTHAKHAT; then other marks, SARA AM last. */
const MARK_ORDER = new Map(
  ["\u0e3a", "\u0e38\u0e39", "\u0e31\u0e34\u0e35\u0e36\u0e37", "\u0e47\u0e4d", "\u0e48\u0e49\u0e4a\u0e4b", "\u0e4c\u0e4e"].flatMap(
    (marks, place) => Array.from(marks, (mark): [string, number] => [mark, place]),
  ),
).set(SARA_AM, 7);
const OTHER_MARK = 6;

/**
 * A text in which at most 30 combining marks follow one another (UAX #15 D4): what is over is cut, so that normalising
 * costs the length of the text. The twin of the server's `spelling/stream_safe.py`.
 */
export function streamSafe(text: string): string {
  return text.replace(TOO_MANY_MARKS, "$1");
}

/** One spelling for what keyboards produce in several: the twin of the server's `spelling/thai.py`. */
export function canonical(text: string): string {
  // A few marks are two in NFC: what was bounded before need not be after.
  const plain = streamSafe(streamSafe(text.replace(ZERO_WIDTH, "")).replaceAll("เเ", "แ").normalize("NFC"));
  return plain.replace(MARK_RUN, orderedMarks).normalize("NFC");
}

function orderedMarks(run: string): string {
  let written = "";
  let marks: string[] = [];
  let nikhahits = 0;
  const ordered = () =>
    [...marks, ...Array<string>(nikhahits).fill(NIKHAHIT)].sort((a, b) => (MARK_ORDER.get(a) ?? OTHER_MARK) - (MARK_ORDER.get(b) ?? OTHER_MARK)).join("");
  for (const character of run) {
    if (character === NIKHAHIT) nikhahits += 1;
    else if (character !== SARA_AA) marks.push(character);
    else if (nikhahits > 0) {
      nikhahits -= 1;
      marks.push(SARA_AM);
    } else {
      written += ordered() + character;
      marks = [];
    }
  }
  return written + ordered();
}

/**
 * Text as names and messages are compared and searched: compatibility forms, no case, Arabic digits, nothing invisible,
 * each Thai mark once, single spaces. The twin of the server's `spelling/normalize.py: fold`.
 */
export function folded(text: string): string {
  const plain = arabicDigits(withoutForms(streamSafe(text.replace(INVISIBLE, ""))));
  return canonical(plain.replace(/[\s\u0085]+/gu, " ")).replace(REPEATED_MARK, "$1").trim();
}

/** Compatibility forms and letter case taken off until nothing changes: taking off one may bring out the other. */
function withoutForms(text: string): string {
  const plain = text.normalize("NFKD");
  // Upper case first, so that ß is ss; then each letter alone, since a Σ at the end of a word would become ς.
  const folded = Array.from(plain.toLowerCase().toUpperCase(), (letter) => letter.toLowerCase()).join("").normalize("NFKD");
  return folded === text ? text : withoutForms(folded);
}

/** ๐–๙ as 0–9, everything else as it is (L4). */
export function arabicDigits(text: string): string {
  return text.replace(/[๐-๙]/g, (digit) => String(digit.charCodeAt(0) - 0x0e50));
}

/** What is left of a one-time code however it was typed: Thai digits, spaces and dashes are fine. */
export function digitsOf(text: string): string {
  return arabicDigits(text).replace(/\D/g, "");
}

/** At most `most` graphemes, the last of them «…» when something was cut; no tone mark is ever orphaned. */
export function truncated(text: string, most: number): string {
  const kept: string[] = [];
  for (const segment of graphemesOf(text)) {
    if (kept.length === most) return `${kept.slice(0, -1).join("").trimEnd()}…`;
    kept.push(segment);
  }
  return text;
}

export function graphemeCount(text: string): number {
  let count = 0;
  for (const _ of graphemesOf(text)) count += 1;
  return count;
}

/** The graphemes of a text, found part by part: what engines take for each grows with the length of what they are given. */
function* graphemesOf(text: string): Generator<string> {
  let at = 0;
  let size = PART;
  while (at < text.length) {
    const found = Array.from(graphemes.segment(text.slice(at, at + size)), ({ segment }) => segment);
    // The last one may go on in the next part.
    const whole = at + size < text.length ? found.slice(0, -1) : found;
    yield* whole;
    at += whole.reduce((length, one) => length + one.length, 0);
    size = whole.length === 0 ? size * 2 : PART;
  }
}

/** The words of a name with where they begin, punctuation and spaces left out; for texts as short as names. */
export function wordsOf(text: string): { word: string; index: number }[] {
  return [...words.segment(text)].filter((part) => part.isWordLike).map(({ segment, index }) => ({ word: segment, index }));
}

/** A copy in the order of names in a language; equal names keep their order. */
export function sortedByName<T>(items: readonly T[], name: (item: T) => string, language: Language): T[] {
  return items
    .map((item) => ({ item, key: name(item) }))
    .sort((a, b) => collators[language].compare(a.key, b.key))
    .map(({ item }) => item);
}

/**
 * How well a name answers what was typed after @; 0: not at all, higher is better. Every typed part must be found
 * somewhere, so «ชาย» finds «สมชาย» (C11), but the beginning of the name, then of a part, counts for more.
 */
export function matchName(name: string, typed: string): number {
  const whole = folded(name);
  const parts = folded(typed).split(" ").filter(Boolean);
  if (parts.length === 0) return 1;
  let starts: ReadonlySet<number> | null = null;
  let score = 0;
  for (const part of parts) {
    const at = whole.indexOf(part);
    if (at === -1) return 0;
    if (at === 0) score += 4;
    else if (whole[at - 1] === " ") score += 3;
    else if ((starts ??= new Set(wordsOf(whole).map(({ index }) => index))).has(at)) score += 2;
    else score += 1;
  }
  return score;
}

/** What may have been meant: the words as typed and, for when nothing answers them, the same keys under the other layout. */
function meanings(typed: string): readonly string[] {
  const other = otherLayout(typed);
  return other === null ? [typed] : [typed, other];
}

/** One name of an item, or every way it is written, the one shown first. */
type NamesOf<T> = (item: T) => string | readonly string[];

const listed = (names: string | readonly string[]): readonly string[] => (typeof names === "string" ? [names] : names);
const bestMatch = (names: readonly string[], typed: string): number => Math.max(...names.map((name) => matchName(name, typed)));

/** Best match first, then in Thai order; those that do not match are left out. Words of the other layout count (L10). */
export function rankedByName<T>(items: readonly T[], typed: string, namesOf: NamesOf<T>): T[] {
  for (const words of meanings(typed)) {
    const found = items
      .map((item) => ({ item, names: listed(namesOf(item)) }))
      .map(({ item, names }) => ({ item, key: names[0] ?? "", score: bestMatch(names, words) }))
      .filter(({ score }) => score > 0)
      .sort((a, b) => b.score - a.score || collator.compare(a.key, b.key));
    if (found.length > 0) return found.map(({ item }) => item);
  }
  return [];
}

/** Those whose name answers what was typed, in the order they came. Words of the other layout count (L10). */
export function namedLike<T>(items: readonly T[], typed: string, namesOf: NamesOf<T>): readonly T[] {
  for (const words of meanings(typed)) {
    const found = items.filter((item) => bestMatch(listed(namesOf(item)), words) > 0);
    if (found.length > 0) return found;
  }
  return [];
}

/** Where a mention is being typed: from the @ before the caret, which begins a word, to the caret. */
export function mentionAt(text: string, caret: number): { start: number; typed: string } | null {
  const before = text.slice(0, caret);
  const start = before.lastIndexOf("@");
  if (start === -1) return null;
  const typed = before.slice(start + 1);
  // Names have spaces, sentences have more: two words after the @ are a name, a third or a new line is not.
  if (typed.length > MAX_TYPED_LENGTH || /\n/.test(typed) || typed.split(" ").length > 3 || graphemeCount(typed) > 60) return null;
  const previous = start === 0 ? "" : (before[start - 1] ?? "");
  return /[\p{L}\p{N}._-]/u.test(previous) && !/[\u0e00-\u0e7f]/u.test(previous) ? null : { start, typed };
}

const KEDMANEE_PLAIN = "ๅ/-ภถุึคตจขชๆไำพะัีรนยบลฃฟหกดเ้่าสวงผปแอิืทมใฝ";
const QWERTY_PLAIN = "1234567890-=qwertyuiop[]\\asdfghjkl;'zxcvbnm,./";
const KEDMANEE_SHIFT = "+๑๒๓๔ู฿๕๖๗๘๙๐\"ฎฑธํ๊ณฯญฐ,ฅฤฆฏโฌ็๋ษศซ.()ฉฮฺ์?ฒฬฦ";
const QWERTY_SHIFT = "!@#$%^&*()_+QWERTYUIOP{}|ASDFGHJKL:\"ZXCVBNM<>?";
const pairs = (from: string, to: string): [string, string][] => Array.from(from, (key, i) => [key, to[i] ?? key]);
const TO_THAI = new Map([...pairs(QWERTY_PLAIN, KEDMANEE_PLAIN), ...pairs(QWERTY_SHIFT, KEDMANEE_SHIFT)]);
const TO_LATIN = new Map([...pairs(KEDMANEE_PLAIN, QWERTY_PLAIN), ...pairs(KEDMANEE_SHIFT, QWERTY_SHIFT)]);
const MARK = "[\u0e31\u0e34-\u0e3a\u0e47-\u0e4e]";
/** What no Thai word has: marks with nothing to stand on, a leading vowel before no consonant, signs among letters. */
const NOT_THAI = new RegExp(
  `(?:^|[^\u0e31-\u0e3a\u0e47-\u0e4eก-ฮ])${MARK}|${MARK}{3,}|(?:^|[^\u0e47-\u0e4eก-ฮ])[ะาำ]|[เแโใไ](?![ก-ฮ])|(?:^| )ๆ|[ฃฅ฿ๅฯ/+()"'?.,_-]`,
  "u",
);
const LATIN_WORDS = /^[A-Za-z0-9]+(?:[ .,'@_-]+[A-Za-z0-9]+)*[.,?]?$/;

/**
 * How a text reads with the keyboard in the other layout («l;ylfu» is «สวัสดี»), if that reads as a language; null if not
 * (L10). The twin of the server's `search_index/layout.py`.
 */
export function otherLayout(text: string): string | null {
  const [thai, latin] = [/[\u0e01-\u0e5b]/u.test(text), /[A-Za-z]/.test(text)];
  if (thai === latin) return null;
  const other = Array.from(text, (key) => (latin ? TO_THAI : TO_LATIN).get(key) ?? key).join("");
  const words = (latin ? other : text).split(/\s+/u).filter(Boolean);
  const foreign = words.some((word) => NOT_THAI.test(word));
  const readable = latin ? words.length > 0 && !foreign && /[\u0e01-\u0e5b]/u.test(other) : foreign && LATIN_WORDS.test(other.trim());
  return readable ? other : null;
}
