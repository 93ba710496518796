/**
 * How a moment is written for people.
 *
 * Rules: the Buddhist Era in Thai and the Common Era in English unless the reader chose otherwise (L2); always the time of
 * Bangkok, 24 hours, «10.42 น.» in Thai (L5); the era exists only here, everything stored stays in milliseconds UTC.
 * Does not read the clock: the caller gives «now» where it matters.
 */
import { i18n } from "@lingui/core";
import { t } from "@lingui/core/macro";

import { thaiDigits } from "./digits";

export interface DateStyle {
  /** `auto` follows the language. */
  readonly era: "auto" | "buddhist" | "common";
  readonly digits: "arabic" | "thai";
}

const ZONE = "Asia/Bangkok";
const ZONE_OFFSET_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

let style: DateStyle = { era: "auto", digits: "arabic" };
const formats = new Map<string, Intl.DateTimeFormat>();

/** Takes effect on what is drawn next. */
export function setDateStyle(next: DateStyle): void {
  style = next;
  formats.clear();
}

/** How the reader writes dates, as the core parses them. */
export function writtenStyle(): { readonly language: "th" | "en"; readonly era: "BE" | "CE"; readonly digits: DateStyle["digits"] } {
  return { language: isThai() ? "th" : "en", era: isBuddhist() ? "BE" : "CE", digits: isThai() ? style.digits : "arabic" };
}

function isThai(): boolean {
  return i18n.locale !== "en";
}

function isBuddhist(): boolean {
  return style.era === "auto" ? isThai() : style.era === "buddhist";
}

function format(at: number, options: Intl.DateTimeFormatOptions): string {
  const locale = `${isThai() ? "th-TH" : "en-GB"}-u-ca-${isBuddhist() ? "buddhist" : "gregory"}`;
  const key = `${locale} ${JSON.stringify(options)}`;
  let formatter = formats.get(key);
  if (!formatter) {
    formatter = new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options });
    formats.set(key, formatter);
  }
  return withDigits(formatter.format(at));
}

/** A sentence that is not of the catalogue, with the digits of the reader. */
export function withDigits(text: string): string {
  return style.digits === "thai" && isThai() ? thaiDigits(text) : text;
}

/** A number as the reader wants its digits. */
export function formatNumber(value: number): string {
  return withDigits(value.toLocaleString("en-US"));
}

/** «10.42 น.», which no line ends within, or «10:42». */
export function formatTime(at: number): string {
  const clock = format(at, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return isThai() ? `${clock.replace(":", ".")}\u00a0น.` : clock;
}

/** «15 ส.ค. 2569». */
export function formatDate(at: number): string {
  return format(at, { day: "numeric", month: "short", year: "numeric" });
}

/** «ธันวาคม 2569», over what is listed by months. */
export function formatMonth(at: number): string {
  return format(at, { month: "long", year: "numeric" });
}

/** «15 ส.ค. 2569 10.42 น.» */
export function formatDateTime(at: number): string {
  return `${formatDate(at)} ${formatTime(at)}`;
}

/** The number of the Bangkok day a moment lies in: equal numbers, same day. */
export function dayNumber(at: number): number {
  return Math.floor((at + ZONE_OFFSET_MS) / DAY_MS);
}

/** The line between two days: «วันนี้», «เมื่อวาน», else «วันเสาร์ที่ 15 สิงหาคม พ.ศ. 2569». */
export function formatDay(at: number, now: number): string {
  const age = dayNumber(now) - dayNumber(at);
  if (age === 0) return t`วันนี้`;
  if (age === 1) return t`เมื่อวาน`;
  return formatLongDay(at);
}

/** «วันเสาร์ที่ 15 สิงหาคม พ.ศ. 2569», «Saturday 15 August 2026». */
export function formatLongDay(at: number): string {
  const day = format(at, { weekday: "long", day: "numeric", month: "long" }).replace(",", "");
  const year = format(at, { year: "numeric" }).replace(/[^\d๐-๙]/gu, "");
  if (isThai()) return `${day} ${isBuddhist() ? "พ.ศ." : "ค.ศ."} ${year}`;
  return isBuddhist() ? `${day} ${year} BE` : `${day} ${year}`;
}

/** As short as a list allows: the time today, the weekday within a week, the date before. */
export function formatListTime(at: number, now: number): string {
  const age = dayNumber(now) - dayNumber(at);
  if (age <= 0) return formatTime(at);
  if (age === 1) return t`เมื่อวาน`;
  if (age < 7) return format(at, { weekday: "long" }).replace(/^วัน/u, "");
  const sameYear = format(at, { year: "numeric" }) === format(now, { year: "numeric" });
  return sameYear ? format(at, { day: "numeric", month: "short" }) : formatDate(at);
}

/** For `<time dateTime>`. */
export function isoTime(at: number): string {
  return new Date(at).toISOString();
}
