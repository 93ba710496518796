/**
 * Files that somebody chose, as the core takes them, with what the browser sees of them; and how they come here: chosen,
 * pasted, dropped.
 */
import { mediaType } from "#core/fileForms";
import type { LocalFile } from "#core/ports";

import { measure } from "./measure";

/** A file of this page's life: after a reload only what the core has kept of it is left. */
export interface BrowserFile extends LocalFile {
  readonly blob: Blob;
  /** A small picture of it. */
  readonly thumb: Blob | null;
  /** How a recording sounds, from 0 to 100. */
  readonly levels: readonly number[] | null;
}

export function isBrowserFile(file: LocalFile | null): file is BrowserFile {
  return file !== null && "blob" in file;
}

const LONGEST_NAME = 255;
/**
 * What the server takes in no name (appliance/attachments.py): folders, controls, ends of lines, and what is drawn as nothing
 * (appliance/spelling/ignorable.py) but for `JOINERS` and `EMOJI_STYLE` where they are needed.
 */
const NOT_IN_NAMES =
  /[/\\\u2028\u2029\p{Cc}\p{Cs}]|(?![\u200c\u200d])\p{Cf}|[\u115f\u1160\u2800\u3164\uffa0]|\u034f|\u17b4|\u17b5|(?!\ufe0f)\p{Variation_Selector}|[\u{e0000}-\u{e0fff}]/gu;
const JOINERS = /[\u200c\u200d]/u;
const EMOJI_STYLE = "\ufe0f";
const JOINED = /[\p{L}\p{M}\p{S}]/u;
const SIGN = /\p{S}/u;
const NAMELESS = /^[ .]*$/u;
/** Browsers call every pasted picture so. */
const PASTED = /^image\.(png|jpe?g|gif|webp)$/iu;

/** A name as the server takes it; its end, which says the kind, is kept. `unnamed` stands for one that has nothing left. */
export function fileName(said: string, unnamed: string): string {
  const seen = Array.from(said.normalize("NFC").replace(NOT_IN_NAMES, ""));
  const name = seen.filter(isNeeded).join("").trim();
  if (NAMELESS.test(name)) return unnamed;
  const letters = Array.from(name);
  if (letters.length <= LONGEST_NAME) return name;
  const dot = letters.lastIndexOf(".");
  const end = dot > letters.length - 20 ? letters.slice(dot) : [];
  return [...letters.slice(0, LONGEST_NAME - end.length), ...end].join("");
}

/** Joiners stay between what they join, the style of an emoji behind one. */
function isNeeded(letter: string, place: number, letters: readonly string[]): boolean {
  const isOf = (neighbour: string | undefined, kind: RegExp) => neighbour !== undefined && neighbour > "\x7f" && kind.test(neighbour);
  if (letter === EMOJI_STYLE) return isOf(letters[place - 1], SIGN);
  return !JOINERS.test(letter) || (isOf(letters[place - 1], JOINED) && isOf(letters[place + 1], JOINED));
}

export function isPastedName(name: string): boolean {
  return PASTED.test(name);
}

/** Looks at a file and names it. */
export async function browserFile(blob: Blob, name: string): Promise<BrowserFile> {
  const { width, height, seconds, thumb } = await measure(blob);
  return {
    ...sent(blob, name, mediaType(blob.type)),
    thumb,
    levels: null,
    ...(width === null || height === null ? {} : { width, height }),
    ...(seconds === null ? {} : { seconds }),
  };
}

/** A finished recording. */
export function recordedFile(blob: Blob, name: string, seconds: number, levels: readonly number[]): BrowserFile {
  return { ...sent(blob, name, mediaType(blob.type)), thumb: null, levels, seconds };
}

function sent(blob: Blob, name: string, type: string) {
  return { blob, name, type, size: blob.size, slice: (start: number, stop: number) => blob.slice(start, stop).arrayBuffer() };
}

/** Opens the browser's own choice of files; `none` when nothing was chosen. `capture` opens the camera of a phone. */
export function chooseFiles({ accept, multiple, capture }: { accept?: string; multiple: boolean; capture?: boolean }, chosen: (files: readonly File[]) => void): void {
  const input = document.createElement("input");
  input.type = "file";
  input.multiple = multiple;
  if (accept !== undefined) input.accept = accept;
  if (capture === true) input.setAttribute("capture", "environment");
  input.hidden = true;
  // In the page while it is open: Safari forgets one that is not, and what drives a page finds it there.
  document.body.append(input);
  const done = () => {
    const files = [...(input.files ?? [])];
    input.remove();
    if (files.length > 0) chosen(files);
  };
  input.addEventListener("change", done, { once: true });
  input.addEventListener("cancel", done, { once: true });
  input.click();
}

/** What a paste brings as files; none where it brings text as well: office programs add a picture of what was copied. */
export function pastedFiles(data: DataTransfer | null): readonly File[] {
  return data === null || data.types.includes("text/plain") ? [] : [...data.files];
}

interface Dragging {
  /** Files are being dragged over the window, or not any more. */
  readonly over: (over: boolean) => void;
  /** `folders`: names of those that were among them; a folder cannot be sent. */
  readonly files: (files: readonly File[], folders: readonly string[]) => void;
}

/** What was dropped, folders apart: browsers hand them out as files that nobody can read. */
export function droppedFiles(data: DataTransfer | null): readonly [files: readonly File[], folders: readonly string[]] {
  const folders = [...(data?.items ?? [])].flatMap((item) => {
    const entry = item.kind === "file" ? item.webkitGetAsEntry() : null;
    return entry?.isDirectory ? [entry.name] : [];
  });
  return [[...(data?.files ?? [])].filter(({ name }) => !folders.includes(name)), folders];
}

/** Listens for files that are dragged over the window, dropped on it, or pasted outside a text field, before the page does. */
export function takeFiles({ over, files }: Dragging): () => void {
  let depth = 0;
  // What lies over the room has the page to itself.
  const isCovered = () => document.querySelector("[role=dialog], [role=alertdialog]") !== null;
  const isFiles = (event: DragEvent) => (event.dataTransfer?.types.includes("Files") ?? false) && !isCovered();
  const enter = (event: DragEvent): void => {
    if (!isFiles(event)) return;
    depth += 1;
    over(true);
  };
  const leave = (event: DragEvent): void => {
    if (!isFiles(event)) return;
    depth = Math.max(0, depth - 1);
    if (depth === 0) over(false);
  };
  const above = (event: DragEvent): void => {
    if (!isFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer !== null) event.dataTransfer.dropEffect = "copy";
  };
  const drop = (event: DragEvent): void => {
    depth = 0;
    over(false);
    if (!isFiles(event)) return;
    event.preventDefault();
    files(...droppedFiles(event.dataTransfer));
  };
  const paste = (event: ClipboardEvent): void => {
    const pasted = pastedFiles(event.clipboardData);
    if (pasted.length === 0 || isCovered()) return;
    event.preventDefault();
    files(pasted, []);
  };
  const listened = { dragenter: enter, dragleave: leave, dragover: above, drop, paste };
  const each = Object.entries(listened) as [string, EventListener][];
  for (const [type, listener] of each) window.addEventListener(type, listener, { capture: true });
  return () => {
    for (const [type, listener] of each) window.removeEventListener(type, listener, { capture: true });
  };
}
