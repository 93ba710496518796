/** How much and how long, for people: sizes of files and lengths of sound, in the digits of the reader. */
import { plural } from "@lingui/core/macro";

import { formatNumber, withDigits } from "./dates";

const UNITS = ["KB", "MB", "GB", "TB"] as const;
const STEP = 1000;

/** «0 KB», «12 KB», «3.4 MB»: as the settings count, one decimal below ten; what is not empty is at least 1 KB. */
export function formatSize(bytes: number): string {
  let [size, unit] = [bytes / STEP, 0];
  // Rounded up, 999.9 KB would be 1,000 KB.
  while (size >= STEP - 0.5 && unit < UNITS.length - 1) [size, unit] = [size / STEP, unit + 1];
  const rounded = unit === 0 ? Math.ceil(size) : size < 9.95 ? Math.round(10 * size) / 10 : Math.round(size);
  return `${formatNumber(rounded)}\u00a0${UNITS[unit] as string}`;
}

/** How much still fits, in the same words: never more than there is, so that what is promised is taken. */
export function formatRoom(bytes: number): string {
  let [unit, step] = [0, STEP];
  while (bytes >= STEP * step && unit < UNITS.length - 1) [unit, step] = [unit + 1, STEP * step];
  const whole = unit === 0 || bytes >= 10 * step;
  const size = whole ? Math.floor(bytes / step) : Math.floor(bytes / (step / 10)) / 10;
  return `${formatNumber(size)}\u00a0${UNITS[unit] as string}`;
}

/** «0:07», «12:30», «1:02:03». */
export function formatLength(seconds: number): string {
  const { hours, minutes, rest } = partsOf(seconds);
  const clock = [...(hours > 0 ? [hours] : []), minutes, rest].map((part, n) => (n === 0 ? `${part}` : `${part}`.padStart(2, "0")));
  return withDigits(clock.join(":"));
}

/** The same in words, for screen readers: «1 นาที 5 วินาที». */
export function spokenLength(seconds: number): string {
  const { hours, minutes, rest } = partsOf(seconds);
  const words = [
    ...(hours > 0 ? [plural(hours, { other: "# ชั่วโมง" })] : []),
    ...(minutes > 0 ? [plural(minutes, { other: "# นาที" })] : []),
    ...(rest > 0 || hours + minutes === 0 ? [plural(rest, { other: "# วินาที" })] : []),
  ];
  return words.join(" ");
}

function partsOf(seconds: number): { hours: number; minutes: number; rest: number } {
  const whole = Math.max(0, Math.floor(seconds));
  return { hours: Math.floor(whole / 3_600), minutes: Math.floor(whole / 60) % 60, rest: whole % 60 };
}

