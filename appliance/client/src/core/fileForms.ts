/** The type that a device says of a file, and how the file is shown by it: the server looks at the bytes and has the last word. */

import { endOf } from "./fileLimits";
import type { Form } from "./protocol";

const PICTURES: ReadonlySet<string> = new Set(["image/jpeg", "image/png", "image/webp", "image/gif", "image/heic", "image/heif", "image/avif"]);
/** What a device that knows no type is believed to mean. */
export const UNKNOWN_TYPE = "application/octet-stream";
const TYPE = /^[a-z0-9!#$&^_.+-]{1,63}\/[a-z0-9!#$&^_.+-]{1,127}$/u;

/** The media type without parameters. */
export function mediaType(said: string): string {
  const type = (said.split(";")[0] ?? "").trim().toLowerCase();
  return TYPE.test(type) ? type : UNKNOWN_TYPE;
}

/** The type is one of a picture, a video or a sound, which the server cleans. */
export function isMedia(type: string): boolean {
  return /^(?:image|video|audio)\//u.test(type);
}

const WITH_AUTHORS: ReadonlySet<string> = new Set(["pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "odp", "rtf", "epub", "msg"]);

/** Whether the file may name who wrote it. The server does not touch that: a signature would break. */
export function mayNameAuthor(name: string): boolean {
  return WITH_AUTHORS.has(endOf(name));
}

export function formOf(type: string): Form {
  if (PICTURES.has(type)) return "picture";
  if (type.startsWith("video/")) return "video";
  return type.startsWith("audio/") ? "sound" : "document";
}
