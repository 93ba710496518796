/** One emoji. Where the system has no picture for a common one, its word stands there, not an empty box (browsers 5). */
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import { useLingui } from "@lingui/react";

import { canDraw } from "#platform/glyphs";

import type { REACTIONS } from "./emoji";

const WORDS: Readonly<Record<(typeof REACTIONS)[number], MessageDescriptor>> = {
  "👍": msg`เห็นด้วย`,
  "🙏": msg`ขอบคุณ`,
  "✅": msg`เรียบร้อย`,
  "❤️": msg`ถูกใจ`,
  "😊": msg`ยินดี`,
  "😄": msg`ขำ`,
  "👏": msg`ปรบมือ`,
  "🎉": msg`ฉลอง`,
  "👀": msg`กำลังดู`,
  "💡": msg`น่าสนใจ`,
  "❓": msg`มีคำถาม`,
  "⏳": msg`รอก่อน`,
};

const hasWord = (emoji: string): emoji is keyof typeof WORDS => emoji in WORDS;

/** The word that stands for an emoji here; null where it is drawn. */
function useEmojiWord(): (emoji: string) => string | null {
  const { i18n } = useLingui();
  return (emoji) => (hasWord(emoji) && !canDraw(emoji) ? i18n._(WORDS[emoji]) : null);
}

/** What a button with an emoji on it is called: what is seen is part of it (WCAG 2.5.3). */
export function useEmojiName(): (emoji: string) => string {
  const wordOf = useEmojiWord();
  return (emoji) => [emoji, wordOf(emoji)].filter(Boolean).join(" ");
}

export function Emoji({ emoji }: { emoji: string }) {
  const word = useEmojiWord()(emoji);
  return (
    <span aria-hidden className={word === null ? "emoji" : "emoji emoji-word"}>
      {word ?? emoji}
    </span>
  );
}
