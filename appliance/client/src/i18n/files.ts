/**
 * Files in words: how large, how long, and what a message carries when it has no words of its own.
 *
 * Sizes count 1,024 bytes to a kilobyte, as Windows shows them. The shapes are those of the core's files.
 */
import { plural, t } from "@lingui/core/macro";

import { formatNumber, withDigits } from "./dates";

const UNITS = ["KB", "MB", "GB", "TB"] as const;
const STEP = 1_024;

/** «820 KB», «2.4 MB»: one decimal below ten, and no line ends between number and unit. */
export function formatBytes(bytes: number): string {
  let value = Math.max(0, bytes) / STEP;
  let unit = 0;
  // 1,023.6 would be written as 1,024 of a unit that ends before.
  while (Math.round(value) >= STEP && unit < UNITS.length - 1) {
    value /= STEP;
    unit += 1;
  }
  const rounded = value < 9.95 ? Math.round(value * 10) / 10 : Math.round(value);
  // What is not empty is never «0 KB».
  return `${formatNumber(bytes > 0 ? Math.max(0.1, rounded) : 0)}\u00a0${UNITS[unit] ?? "TB"}`;
}

/** «0:07», «12:30», «1:02:05», as players write it. */
export function formatLength(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (part: number) => String(part).padStart(2, "0");
  return withDigits(h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`);
}

/** The same as it is read aloud: «1 นาที 5 วินาที». */
export function spokenLength(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [h, m, s] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60];
  const parts = [
    ...(h > 0 ? [plural(h, { other: "# ชั่วโมง" })] : []),
    ...(m > 0 ? [plural(m, { other: "# นาที" })] : []),
    ...(s > 0 || whole === 0 ? [plural(s, { other: "# วินาที" })] : []),
  ];
  return parts.join(" ");
}

export interface NamedFile {
  readonly name: string;
  readonly form: "picture" | "video" | "sound" | "voice" | "document";
  readonly facts?: { readonly seconds?: number | null };
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

function oneFile({ name, form, facts }: NamedFile): string {
  const seconds = facts?.seconds ?? null;
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
