/**
 * Graphemes and words of a text: by the browser's `Intl.Segmenter`, or by rules of our own where there is none (Firefox
 * before 125). The rules are coarser: a grapheme is a letter with its marks, a joined emoji or a pair of flag letters; a
 * word is a run of letters and digits, so Thai without spaces is one word.
 */

export interface Part {
  readonly segment: string;
  readonly index: number;
  readonly isWordLike?: boolean | undefined;
}

export interface Segments {
  segment(text: string): Iterable<Part>;
}

const GRAPHEME = /\p{Regional_Indicator}{2}|\r\n|.(?:\u200d\p{Extended_Pictographic}|[\p{M}\u200d\u0e33]|\p{Emoji_Modifier})*/gsu;
const WORD = /[\p{L}\p{N}\p{M}]+|[^\p{L}\p{N}\p{M}]+/gu;
const WORD_LIKE = /^[\p{L}\p{N}]/u;

/** The rules of our own. */
export function plainSegmenter(granularity: "grapheme" | "word"): Segments {
  const part = granularity === "grapheme" ? GRAPHEME : WORD;
  return {
    segment: (text) => Array.from(text.matchAll(part), ({ 0: segment, index }) => ({ segment, index, isWordLike: WORD_LIKE.test(segment) })),
  };
}

export function segmenter(granularity: "grapheme" | "word"): Segments {
  return "Segmenter" in Intl ? new Intl.Segmenter("th", { granularity }) : plainSegmenter(granularity);
}
