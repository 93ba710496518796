/**
 * Which bytes stand for a file where it is shown, and what is shown in its place when there are none. Pure.
 *
 * Rules: pictures are shown as the appliance has re-encoded them, never as they were sent; the one exception is a small GIF
 * in the viewer, which moves. Sound and video are played as they were sent where the browser can, else from the variant.
 * Nothing else is shown in the page: it is downloaded.
 */
import type { FileView, Id, Variant } from "#core/protocol";

/** What a browser says of a type of media: empty when it cannot play it (`HTMLMediaElement.canPlayType`). */
export type CanPlay = (type: string) => string;

export interface Source {
  readonly id: Id;
  readonly type: string;
}

const MOVES = "image/gif";
/** The appliance keeps GIFs up to this size as they are. */
const MAX_MOVING = 8 * 1_024 * 1_024;

function ofKind(file: FileView, kind: Variant["kind"]): Variant | null {
  return file.variants.find((variant) => variant.kind === kind) ?? null;
}

/** The small picture of a file: of a photograph, a video or the first page of a document. */
export function thumbOf(file: FileView): Variant | null {
  return ofKind(file, "thumb") ?? ofKind(file, "poster");
}

/** The picture as large as the viewer shows it. */
export function viewOf(file: FileView): Source | null {
  if (file.form === "video") return ofKind(file, "poster") ?? ofKind(file, "thumb");
  if (file.type === MOVES && file.size <= MAX_MOVING) return { id: file.id, type: file.type };
  return ofKind(file, "view") ?? ofKind(file, "thumb");
}

/** The rendered pages, in order. */
export function pagesOf(file: FileView): readonly Variant[] {
  const pages = file.variants.filter((variant) => variant.kind === "page");
  return pages.sort((a, b) => (a.page ?? 0) - (b.page ?? 0));
}

/** What to play of a sound, a voice message or a video; null where the browser can play neither. */
export function playable(file: FileView, canPlay: CanPlay): Source | null {
  if (canPlay(file.type) !== "") return { id: file.id, type: file.type };
  const audio = file.form === "video" ? null : ofKind(file, "audio");
  return audio !== null && canPlay(audio.type) !== "" ? audio : null;
}

/**
 * How a file stands in a message: a picture or a film that opens in the viewer, a player, or a card to download from. A
 * picture or film of which nothing could be made is a file like any other.
 */
export type Place = "picture" | "film" | "player" | "card";

export function placeOf(file: FileView): Place {
  switch (file.form) {
    case "picture":
      return hasPicture(file) ? "picture" : "card";
    case "video":
      return hasPicture(file) ? "film" : "card";
    case "sound":
    case "voice":
      return "player";
    case "document":
      return "card";
  }
}

/** What will never be shown needs no box. */
const LOST: ReadonlySet<FileView["state"]> = new Set(["infected", "damaged", "unavailable", "removed", "gone"]);

function hasPicture(file: FileView): boolean {
  if (LOST.has(file.state)) return false;
  return thumbOf(file) !== null || file.preparing === true || isWaiting(file);
}

/** Nothing is known of it yet, and something will be. */
function isWaiting({ state, variants, held }: FileView): boolean {
  return state === "pending" && variants.length === 0 && held === true;
}

/** What opens in the viewer: pictures, films and documents of which there are pages. */
export function opensInViewer(file: FileView): boolean {
  const place = placeOf(file);
  return place === "picture" || place === "film" || pagesOf(file).length > 0;
}

/** The end of a name that says what a file is, in capitals, as far as it is short: «PDF», «XLSX»; empty for none. */
export function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  const end = dot > 0 ? name.slice(dot + 1) : "";
  return /^[A-Za-z0-9]{1,5}$/.test(end) ? end.toUpperCase() : "";
}
