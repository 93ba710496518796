/**
 * What a person wants to be notified of on this device, and whether something is among it (C6, C7).
 *
 * Pure. What is new, not our own doing and not in a muted room is decided before (incoming.ts). Not known here:
 * whether the browser lets us, and whether somebody is looking.
 */

import { minuteOfDay } from "./dates";
import type { Incoming, IncomingMessage } from "./snapshots";

export interface NotificationSettings {
  readonly on: boolean;
  /** Of messages only those that name the person, and private conversations. */
  readonly mentionsOnly: boolean;
  /** Sender and words, which a locked screen shows to whoever passes. */
  readonly content: boolean;
  readonly sound: boolean;
  readonly quiet: boolean;
  /** Minutes of the day in Bangkok. A span may go past midnight; one that ends where it begins is the whole day. */
  readonly quietFrom: number;
  readonly quietTo: number;
}

export const NOTIFICATION_DEFAULTS: NotificationSettings = {
  on: false,
  mentionsOnly: false,
  content: false,
  sound: true,
  quiet: false,
  quietFrom: 19 * 60,
  quietTo: 7 * 60,
};

/** As much as has to be known of what has come. */
type Told = Pick<IncomingMessage, "kind" | "mention" | "direct"> | { readonly kind: Exclude<Incoming["kind"], "message"> };

const DAY_MINUTES = 1_440;

/** Reads what was kept; what is not understood is as if it had never been chosen. */
export function readNotificationSettings(kept: string | null): NotificationSettings {
  const found = parsed(kept);
  const usual: Record<string, boolean | number> = { ...NOTIFICATION_DEFAULTS };
  const fitting = Object.entries(found).filter(([name, value]) => name in usual && fits(value, usual[name]));
  return { ...NOTIFICATION_DEFAULTS, ...Object.fromEntries(fitting) };
}

function parsed(kept: string | null): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(kept ?? "{}");
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function fits(value: unknown, usual: boolean | number | undefined): boolean {
  if (typeof usual === "boolean") return typeof value === "boolean";
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < DAY_MINUTES;
}

/** Whether something that came at `at` is to be told. What is no message was done to the person, as if it named them. */
export function mayNotify(settings: NotificationSettings, incoming: Told, at: number): boolean {
  if (!settings.on || isQuiet(settings, at)) return false;
  return !settings.mentionsOnly || incoming.kind !== "message" || incoming.mention || incoming.direct;
}

export function isQuiet({ quiet, quietFrom, quietTo }: NotificationSettings, at: number): boolean {
  if (!quiet) return false;
  const minute = minuteOfDay(at);
  return quietFrom < quietTo ? quietFrom <= minute && minute < quietTo : quietFrom <= minute || minute < quietTo;
}
