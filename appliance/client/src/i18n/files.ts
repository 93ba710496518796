/** What a message carries, in words: for lists, quotes and notifications. The shapes are those of the core's files. */
import { plural, t } from "@lingui/core/macro";

import { formatLength } from "./sizes";

export interface NamedFile {
  readonly name: string;
  readonly form: "picture" | "video" | "sound" | "voice" | "document";
  readonly seconds?: number | null;
}

/** What a message carries, in one line: «รูปภาพ 3 รูป», «ไฟล์ แผนที่.pdf»; empty for no files. */
export function filesText(files: readonly NamedFile[]): string {
  const [first] = files;
  if (first === undefined) return "";
  if (files.length === 1) return oneFile(first);
  const one = files.every(({ form }) => form === first.form) ? first.form : null;
  if (one === "picture") return plural(files.length, { other: "รูปภาพ # รูป" });
  if (one === "video") return plural(files.length, { other: "วิดีโอ # รายการ" });
  return plural(files.length, { other: "ไฟล์ # ไฟล์" });
}

function oneFile({ name, form, seconds = null }: NamedFile): string {
  const length = seconds === null ? "" : ` ${formatLength(seconds)}`;
  switch (form) {
    case "picture":
      return t`รูปภาพ`;
    case "video":
      return t`วิดีโอ` + length;
    case "voice":
      return t`ข้อความเสียง` + length;
    case "sound":
      return t`ไฟล์เสียง ${name}`;
    case "document":
      return t`ไฟล์ ${name}`;
  }
}

/** The words of a message in one line; where it has none, what it carries. */
export function messageLine(text: string, files: readonly NamedFile[]): string {
  return text.trim() === "" ? filesText(files) : text;
}
