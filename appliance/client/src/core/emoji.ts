/**
 * A reaction in its one spelling: U+FE0F behind each emoji that would else be drawn as text and nowhere else (UTS #51
 * «fully-qualified»), so that ❤ and ❤️ are one chip. The twin of the server's `rules/names.py: emoji`. Pure.
 */

const LONGEST = 16;
const STYLES = /[\ufe00-\ufe0f]/gu;
const KEYCAP = /^([0-9#*])\u20e3$/u;
/** Emoji, perhaps with the tags of a flag, joined by ZERO WIDTH JOINER or side by side. */
const SIDE_BY_SIDE = /^(?:(?![\0-\x7f])\p{Emoji}(?:[\u{e0020}-\u{e007e}]+\u{e007f})?(?:\u200d(?=.))?)+$/u;
const DRAWN_AS_TEXT = /(?!\p{Emoji_Presentation})(?![\0-\x7f])\p{Emoji}(?![\u{1f3fb}-\u{1f3ff}])/gu;

/** The reaction's one spelling; null for what is not a few emoji, flags or one keycap. */
export function oneEmoji(text: string): string | null {
  const bare = text.replace(STYLES, "");
  const length = Array.from(bare).length;
  if (length === 0 || length > LONGEST) return null;
  if (KEYCAP.test(bare)) return bare.replace(KEYCAP, "$1\ufe0f\u20e3");
  return SIDE_BY_SIDE.test(bare) ? bare.replace(DRAWN_AS_TEXT, "$&\ufe0f") : null;
}
