/**
 * What a person can do about a file that was refused, and about the message that waits for it: by the code alone.
 *
 * `again`: trying once more may help, for the reason may be over by then. `original`: the file was not sent because it
 * could not be cleaned; as the device wrote it, it may go. `otherwise`: nothing helps but another file, another room or
 * taking it out. Codes that are not here are `again`.
 */
import type { Failure } from "./failure";
import type { Attachment } from "./snapshots";

export type WayOut = "again" | "original" | "otherwise";

const NOT_CLEANED = ["file_not_cleaned", "file_damaged", "file_too_many_pixels", "file_too_large_to_clean"];
const FINAL = [
  ...["upload_too_large", "file_type_blocked", "file_name", "file_empty", "file_unreadable", "file_infected", "file_missing"],
  ...["files_not_allowed", "too_many_files", "label_too_high", "file_not_yours", "not_a_member", "room_closed"],
];
const WAYS: ReadonlyMap<string, WayOut> = new Map([
  ...NOT_CLEANED.map((code) => [code, "original"] as const),
  ...FINAL.map((code) => [code, "otherwise"] as const),
]);

export function wayOut(code: string): WayOut {
  return WAYS.get(code) ?? "again";
}

/** A file that holds its message up until somebody does something. */
export function isStuck({ state }: Pick<Attachment, "state">): boolean {
  return state === "failed" || state === "missing";
}

/** Why these files hold their message up: what no second try changes comes first. Null where none does. */
export function failureAmong(files: readonly Attachment[]): Failure | null {
  const failures = files.filter(isStuck).map(({ failure }) => failure ?? { code: "file_missing", message: "" });
  return failures.find(({ code }) => wayOut(code) !== "again") ?? failures[0] ?? null;
}
