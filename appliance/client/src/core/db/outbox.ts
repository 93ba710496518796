/** Unsent messages in the cache, in the order they were written: by (sequence, txn_id). */

import type { DraftText } from "../snapshots";
import type { Tables, Write } from "./tables";

export interface OutboxRow {
  /** Rises with every message written on this device, whatever its clock does. */
  readonly seq: number;
  readonly txnId: string;
  readonly room: string;
  readonly at: number;
  readonly text: DraftText;
  /** A request with it has left this device: it may stand in the log, whatever came back. */
  readonly tried: boolean;
  /** Set when the server has refused it: then it waits for a person. */
  readonly failed: { readonly code: string; readonly message: string } | null;
}

export function loadOutbox(tables: Tables): Promise<OutboxRow[]> {
  return tables.all<OutboxRow>("outbox");
}

export function unsentKept(row: OutboxRow): Write {
  return { kind: "put", table: "outbox", key: [row.seq, row.txnId], value: row };
}

export function unsentGone(row: OutboxRow): Write {
  return { kind: "drop", table: "outbox", key: [row.seq, row.txnId] };
}
