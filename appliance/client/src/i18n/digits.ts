/**
 * Digits as the reader chose them: 0–9 as they are written, or ๐–๙ in Thai.
 *
 * Rules: what the client says has the chosen digits everywhere, its dates, counts and sentences alike; names of things
 * that are written in Latin letters keep their numbers («TLS 1.3», «UTF-8»). What a sentence gets from outside (an
 * address, a version, what people wrote) is not touched here.
 */
import type { Messages } from "@lingui/core";

type Message = Messages[string];

/** A tag of a rich text, or a number that belongs to Latin letters; else one digit. */
const KEPT_OR_DIGIT = /<\/?\d+\/?>|[A-Za-z][ -]?\d[\w.-]*|\d/gu;

/** Only these hold sentences; the others hold how a number or a date is to look. */
const CHOICES = new Set(["plural", "select", "selectordinal"]);

/** A sentence with ๐–๙. */
export function thaiDigits(text: string): string {
  return text.replace(KEPT_OR_DIGIT, (found) => (found.length === 1 ? String.fromCodePoint(0x0e50 + Number(found)) : found));
}

/** A catalogue whose sentences have ๐–๙; the places that are filled in stay the same. */
export function withThaiDigits(messages: Messages): Messages {
  return Object.fromEntries(Object.entries(messages).map(([id, message]) => [id, converted(message)]));
}

function converted(message: Message): Message {
  if (typeof message === "string") return thaiDigits(message);
  return message.map((token) => {
    if (typeof token === "string") return thaiDigits(token);
    const [name, kind, cases] = token;
    if (kind === undefined || !CHOICES.has(kind)) return token;
    const sentences = Object.entries(cases as Record<string, Message | number>);
    return [name, kind, Object.fromEntries(sentences.map(([value, words]) => [value, typeof words === "number" ? words : converted(words)]))];
  });
}
