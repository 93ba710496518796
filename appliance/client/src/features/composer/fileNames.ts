/** What a recording is called as a file: «ข้อความเสียง 30 พ.ย. 2569 14.05.m4a». */
import { t } from "@lingui/core/macro";

import type { Recording } from "#core/recorder";
import { formatDateTime } from "#i18n/dates";
import { type BrowserFile, recordedFile } from "#platform/localFiles";

const ENDS: Readonly<Record<string, string>> = { "audio/mp4": "m4a", "audio/webm": "webm", "audio/ogg": "ogg" };

/** `at` is when it ended, as the server's clock says. */
export function voiceFile({ data, type, seconds, levels }: Recording, at: number): BrowserFile {
  return recordedFile(data, `${t`ข้อความเสียง ${momentOf(at)}`}.${ENDS[type] ?? "webm"}`, seconds, levels);
}

/** A pasted picture has no name of its own. */
export function pastedName(at: number, end: string): string {
  return `${t`รูปภาพ ${momentOf(at)}`}.${end}`;
}

/** As the page writes a moment, without what no name of a file may hold; «น.» would run into the ending. */
function momentOf(at: number): string {
  return formatDateTime(at).replaceAll("\u00a0", " ").replaceAll(":", ".").replace(/ น\.$/u, "");
}
