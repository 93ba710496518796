/**
 * Dates as Thai offices write them: Buddhist Era by default in Thai, Asia/Bangkok, 24 hours (L2, L3, L5).
 *
 * Pure. Stored and sent dates are ISO; a Buddhist year exists only in what these functions return or accept. Parsing and
 * writing are inverse: writing what was parsed never makes the year grow.
 */

import { arabicDigits } from "./text";

export type Era = "BE" | "CE";
export const BE_OFFSET = 543;
const ZONE = "Asia/Bangkok";
const DAY_MS = 86_400_000; // Bangkok keeps one time all year

const MONTHS_TH = [
  "มกราคม กุมภาพันธ์ มีนาคม เมษายน พฤษภาคม มิถุนายน กรกฎาคม สิงหาคม กันยายน ตุลาคม พฤศจิกายน ธันวาคม".split(" "),
  "ม.ค. ก.พ. มี.ค. เม.ย. พ.ค. มิ.ย. ก.ค. ส.ค. ก.ย. ต.ค. พ.ย. ธ.ค.".split(" "),
];
const MONTHS_EN = [
  "January February March April May June July August September October November December".split(" "),
  "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" "),
];

export interface DateStyle {
  readonly language: "th" | "en";
  readonly era: Era;
  /** «น.» after the time, in Thai. */
  readonly suffix?: boolean;
}

export interface Day {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

const parts = new Intl.DateTimeFormat("en-CA", {
  timeZone: ZONE,
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
});

function fields(at: number): { hour: string; minute: string } {
  const found = Object.fromEntries(parts.formatToParts(at).map(({ type, value }) => [type, value]));
  return { hour: found["hour"] ?? "00", minute: found["minute"] ?? "00" };
}

/** Minutes since midnight in Bangkok. */
export function minuteOfDay(at: number): number {
  const { hour, minute } = fields(at);
  return Number(hour) * 60 + Number(minute);
}

/** `2026-10-01`: for storage, sorting and comparing days. */
export function isoDay({ year, month, day }: Day): string {
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

/** The instant a day begins in Bangkok. */
export function startOfDay(iso: string): number {
  return Date.parse(`${iso}T00:00:00+07:00`);
}

/** The instant a day is over in Bangkok. */
export function endOfDay(iso: string): number {
  return startOfDay(iso) + DAY_MS;
}

/** The value that `isoDay` wrote. */
export function dayFromIso(iso: string): Day {
  const [year = 0, month = 0, day = 0] = iso.split("-").map(Number);
  return { year, month, day };
}

/** «1 ตุลาคม 2569», «1 ต.ค. 2569», "1 October 2026". */
export function formatDay(day: Day, style: DateStyle, length: "long" | "short" = "long"): string {
  const months = (style.language === "th" ? MONTHS_TH : MONTHS_EN)[length === "long" ? 0 : 1] ?? [];
  const year = style.era === "BE" ? day.year + BE_OFFSET : day.year;
  return `${day.day} ${months[day.month - 1] ?? ""} ${year}`;
}

/** «10:42 น.» or "10:42". */
export function formatTime(at: number, style: DateStyle): string {
  const { hour, minute } = fields(at);
  return `${hour}:${minute}${style.language === "th" && style.suffix === true ? "\u00a0น." : ""}`;
}

export type ParsedDay =
  | { readonly kind: "day"; readonly iso: string; readonly day: Day }
  /** The year could be of either era: ask. */
  | { readonly kind: "ambiguous"; readonly be: string | null; readonly ce: string | null }
  | { readonly kind: "invalid" };

/**
 * Reads «1 ต.ค. 2569», «๑/๑๐/๖๙», "2026-10-01", "1 October 2026". A year of two digits is of the style's era: «69» is
 * 2569 in Thai (L3). A full year that fits the style's era badly (a Buddhist year before 2400, a Christian one after 2400)
 * is taken as the other era only when that is plainly meant, and otherwise has to be asked about.
 */
export function parseDay(text: string, style: DateStyle): ParsedDay {
  const found = readParts(arabicDigits(text).trim());
  if (found === null) return { kind: "invalid" };
  const { day, month, year, digits } = found;
  if (digits <= 2) return made(style.era === "BE" ? 2500 + year - BE_OFFSET : 2000 + year, month, day);
  if (digits !== 4) return { kind: "invalid" };
  if (year >= 2400) return made(year - BE_OFFSET, month, day);
  if (style.era === "CE" || found.iso) return made(year, month, day);
  const be = made(year - BE_OFFSET, month, day);
  const ce = made(year, month, day);
  return { kind: "ambiguous", be: be.kind === "day" ? be.iso : null, ce: ce.kind === "day" ? ce.iso : null };
}

interface Found extends Day {
  readonly digits: number;
  readonly iso: boolean;
}

function readParts(text: string): Found | null {
  const iso = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (iso !== null) return { year: Number(iso[1]), month: Number(iso[2]), day: Number(iso[3]), digits: 4, iso: true };
  const numeric = /^(\d{1,2})[/.\-\s](\d{1,2})[/.\-\s](\d+)$/.exec(text);
  if (numeric !== null) return found(numeric[1], Number(numeric[2]), numeric[3]);
  const worded = /^(\d{1,2})\s*([^\d]+?)\s*(?:พ\.ศ\.|ค\.ศ\.)?\s*(\d+)$/.exec(text);
  if (worded === null) return null;
  const month = monthNamed(worded[2] ?? "");
  return month === null ? null : found(worded[1], month, worded[3]);
}

function found(day: string | undefined, month: number, year: string | undefined): Found {
  return { day: Number(day), month, year: Number(year), digits: (year ?? "").length, iso: false };
}

function monthNamed(name: string): number | null {
  const wanted = bare(name);
  if (wanted.length < 2) return null;
  for (const months of [...MONTHS_TH, ...MONTHS_EN]) {
    const at = months.findIndex((month) => bare(month) === wanted);
    if (at !== -1) return at + 1;
  }
  return null;
}

function bare(name: string): string {
  return name.replace(/[.\s]/g, "").toLowerCase();
}

function made(year: number, month: number, day: number): ParsedDay {
  const date = new Date(Date.UTC(year, month - 1, day));
  date.setUTCFullYear(year); // Date.UTC reads years below 100 as 19xx
  const real = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!real || year < 1) return { kind: "invalid" };
  const value = { year, month, day };
  return { kind: "day", iso: isoDay(value), day: value };
}
