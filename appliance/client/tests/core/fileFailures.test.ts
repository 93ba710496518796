/** What can be done about what was refused: one table for the tray, the message that waits and the outbox. */
import { expect, test } from "vitest";

import { failureAmong, isStuck, wayOut } from "#core/fileFailures";
import type { Attachment } from "#core/index";

const file = (state: Attachment["state"], code: string | null = null): Attachment => ({
  ...{ id: "a", name: "a", type: "", size: 1, form: "document", original: false, originalFree: true, width: null, height: null },
  ...{ seconds: null, state, acknowledged: 0, cut: null, failure: code === null ? null : { code, message: code }, sent: null, remote: null },
});

test.each([
  ["file_not_cleaned", "original"],
  ["file_damaged", "original"],
  ["file_too_many_pixels", "original"],
  ["file_too_large_to_clean", "original"],
  ["file_type_blocked", "otherwise"],
  ["file_infected", "otherwise"],
  ["file_missing", "otherwise"],
  ["quota_person", "again"],
  ["quota_unit", "again"],
  ["quota_agency", "again"],
  ["disk_nearly_full", "again"],
  ["preparer_away", "again"],
  ["worker_away", "again"],
  ["file_not_prepared", "again"],
  ["a code of tomorrow", "again"],
  ["constructor", "again"],
])("%s: %s", (code, way) => {
  expect(wayOut(code)).toBe(way);
});

test("of several failures the one that no second try mends is the message's", () => {
  expect(failureAmong([])).toBeNull();
  expect(failureAmong([file("ready"), file("sending")])).toBeNull();
  expect(failureAmong([file("failed", "quota_person"), file("failed", "file_infected")])?.code).toBe("file_infected");
  expect(failureAmong([file("ready"), file("failed", "quota_person")])?.code).toBe("quota_person");
  expect(failureAmong([file("missing")])?.code).toBe("file_missing");
  expect([file("failed"), file("missing"), file("paused"), file("waiting")].map(isStuck)).toEqual([true, true, false, false]);
});
