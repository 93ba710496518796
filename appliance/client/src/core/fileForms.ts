/**
 * What a device says of a file, as the server takes it: its name, its type, and how it is shown by that.
 *
 * Pure. The twin of `appliance/attachments.py`; the server looks at the bytes and has the last word.
 */

import type { Form } from "./protocol";

const PICTURES: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/heic", "image/heif", "image/avif"]);
/** What a device that knows no type is believed to mean. */
export const UNKNOWN_TYPE = "application/octet-stream";
const TYPE = /^[a-z0-9!#$&^_.+-]{1,63}\/[a-z0-9!#$&^_.+-]{1,127}$/u;
/** What parts folders, and what no name may hold: ends of lines, control characters, what turns the direction of writing. */
const NOT_IN_NAMES = /[/\\\p{Cc}\p{Cs}\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;
const MAX_NAME = 255;
const MAX_END = 16;

/** The media type without parameters. */
export function mediaType(said: string): string {
  const type = (said.split(";")[0] ?? "").trim().toLowerCase();
  return TYPE.test(type) ? type : UNKNOWN_TYPE;
}

export function formOf(type: string): Form {
  if (PICTURES.has(type)) return "picture";
  if (type.startsWith("video/")) return "video";
  return type.startsWith("audio/") ? "sound" : "document";
}

/** The name without what the server refuses, shortened where it is too long; its end, which says what it is, stays. */
export function fileName(said: string): string {
  const characters = Array.from(said.replace(NOT_IN_NAMES, "_"));
  const dot = characters.lastIndexOf(".");
  const end = dot > 0 && characters.length - dot <= MAX_END ? characters.slice(dot) : [];
  const cut = characters.length <= MAX_NAME ? characters : [...characters.slice(0, MAX_NAME - end.length), ...end];
  return cut.every((one) => one === " " || one === ".") ? "_" : cut.join("");
}
