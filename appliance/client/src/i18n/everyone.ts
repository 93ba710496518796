/** The words that call everyone in a room, whichever language the writer uses; the first is what gets inserted in Thai. */
export const EVERYONE_WORDS = ["@ทุกคน", "@everyone"] as const;
