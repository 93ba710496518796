/**
 * Whether this system has a picture for an emoji: Linux desktops without an emoji font draw an empty box for each.
 *
 * The emoji is drawn out of sight and compared with a character that no font has. Where that cannot be done it counts as
 * drawn. Asked once for each emoji.
 */

const NOWHERE = "\u{10fffe}";
const SIZE = 24;
const BESIDE = /[\ufe0f\u200d]/gu;
const known = new Map<string, boolean>();

export function canDraw(emoji: string, picture: (text: string) => string | null = pictureOf): boolean {
  const before = known.get(emoji);
  if (before !== undefined) return before;
  const drawn = picture(emoji);
  const boxes = NOWHERE.repeat(Array.from(emoji.replace(BESIDE, "")).length);
  const has = drawn === null || drawn !== picture(boxes);
  known.set(emoji, has);
  return has;
}

/** The pixels of a text as one string; null where the browser does not let us draw or read. */
function pictureOf(text: string): string | null {
  try {
    const canvas = document.createElement("canvas");
    canvas.width = 4 * SIZE;
    canvas.height = 2 * SIZE;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    if (context === null) return null;
    context.font = `${SIZE}px sans-serif`;
    context.fillText(text, 0, 1.5 * SIZE);
    return canvas.toDataURL();
  } catch {
    return null;
  }
}
