/** A file on its way as it is kept, and what follows from that: a row in, a row or an answer out. */

import { PIECE, type UploadRow } from "./db/uploads";
import type { UploadId } from "./snapshots";

/** The server has every byte. */
export function isWhole({ remote, acknowledged, size }: UploadRow): boolean {
  return remote !== null && acknowledged === size;
}

/**
 * Whether all of it is kept until its message has arrived. Its sender may want to see it, to hear it, and to send it as
 * the device wrote it where it could not be cleaned. Of what is only handed on, the server's bytes are enough.
 */
export function staysWhole({ form, bytes }: UploadRow): boolean {
  return form !== "document" && bytes === "cache";
}

/** Every byte is in the cache, also of what the server has. */
export function isKeptWhole(row: UploadRow): boolean {
  const { kept, size, acknowledged, remote, bytes } = row;
  return bytes === "cache" && kept === size && (staysWhole(row) || (acknowledged === 0 && remote === null));
}

/** A row as if nothing of it had been sent; what the server had is over there too. */
export function begunAnew(row: UploadRow): UploadRow {
  const over = row.remote === null ? row.over : [...row.over, row.remote];
  // Of what does not stay whole, a piece that the server has is kept here no more.
  const isHere = staysWhole(row) || (row.acknowledged < PIECE && !isWhole(row));
  const kept = isHere ? { kept: row.kept, hashes: row.hashes } : { kept: 0, hashes: [] };
  return { ...row, ...kept, over, remote: null, acknowledged: 0, ready: false, sent: null, failed: null };
}

/** From where on a file that was chosen here is to be put into the cache; null when nothing is to be. */
export function keptNextFrom(row: UploadRow): number | null {
  if (row.gone || row.bytes !== "cache" || row.kept >= row.size) return null;
  if (staysWhole(row)) return row.kept;
  return isWhole(row) ? null : Math.max(row.kept, row.acknowledged);
}

/** The order in which they were attached. */
export function inOrder(rows: ReadonlyMap<UploadId, UploadRow>): readonly UploadRow[] {
  return [...rows.values()].sort((a, b) => a.seq - b.seq);
}
