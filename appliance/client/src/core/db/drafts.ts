/** Drafts in the cache: one for each room, by the room's id. They never leave this device. */

import type { DraftText } from "../snapshots";
import type { Tables, Write } from "./tables";

export interface DraftRow {
  readonly room: string;
  readonly draft: DraftText;
}

export function loadDrafts(tables: Tables): Promise<DraftRow[]> {
  return tables.all<DraftRow>("drafts");
}

/** An empty draft is no draft. */
export function draftKept(room: string, draft: DraftText): Write {
  if (draft.text === "" && draft.replyTo === null && (draft.files ?? []).length === 0) return { kind: "drop", table: "drafts", key: room };
  return { kind: "put", table: "drafts", key: room, value: { room, draft } satisfies DraftRow };
}
