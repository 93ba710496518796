import { expect, test } from "vitest";

import { mayNotify, NOTIFICATION_DEFAULTS, readNotificationSettings } from "./notifying";

const ON = { ...NOTIFICATION_DEFAULTS, on: true };
const PLAIN = { kind: "message", mention: false, direct: false } as const;
const at = (time: string): number => Date.parse(`2026-11-30T${time}:00+07:00`);

test("nothing until it is turned on", () => {
  expect(mayNotify(NOTIFICATION_DEFAULTS, PLAIN, at("10:00"))).toBe(false);
  expect(mayNotify(ON, PLAIN, at("10:00"))).toBe(true);
});

test.each([
  [PLAIN, false],
  [{ ...PLAIN, mention: true }, true],
  [{ ...PLAIN, direct: true }, true],
  [{ kind: "added" }, true],
  [{ kind: "requests" }, true],
] as const)("of mentions only: %o", (incoming, told) => {
  expect(mayNotify({ ...ON, mentionsOnly: true }, incoming, at("10:00"))).toBe(told);
});

test.each([
  [19 * 60, 7 * 60, "18:59", true],
  [19 * 60, 7 * 60, "19:00", false],
  [19 * 60, 7 * 60, "00:00", false],
  [19 * 60, 7 * 60, "06:59", false],
  [19 * 60, 7 * 60, "07:00", true],
  [12 * 60, 13 * 60, "11:59", true],
  [12 * 60, 13 * 60, "12:30", false],
  [12 * 60, 13 * 60, "13:00", true],
  [600, 600, "10:00", false],
  [600, 600, "09:59", false],
])("quiet from %i to %i, at %s", (quietFrom, quietTo, time, told) => {
  const settings = { ...ON, quiet: true, quietFrom, quietTo };
  expect(mayNotify(settings, { ...PLAIN, mention: true, direct: true }, at(time))).toBe(told);
  expect(mayNotify({ ...settings, quiet: false }, PLAIN, at(time))).toBe(true);
});

test("what was kept comes back; what is not understood is as usual", () => {
  const chosen = { ...ON, content: true, quietFrom: 0, sound: false };
  expect(readNotificationSettings(JSON.stringify(chosen))).toEqual(chosen);
  expect(readNotificationSettings(null)).toEqual(NOTIFICATION_DEFAULTS);
  for (const broken of ["{", "null", "[]", '"on"', "7"]) expect(readNotificationSettings(broken)).toEqual(NOTIFICATION_DEFAULTS);
  const odd = { on: "yes", quietFrom: 1_440, quietTo: -1, other: true };
  expect(readNotificationSettings(JSON.stringify(odd))).toEqual(NOTIFICATION_DEFAULTS);
});
