/** Attached files in the cache: what is known of each by its id, and the bytes that the server has not, in pieces by (id, index). */

import type { Failure } from "../failure";
import type { Form, Id } from "../protocol";
import type { RoomId, SentAs, UploadId } from "../snapshots";
import type { Tables, Write } from "./tables";

/** Bytes of a piece, and the most of one request: proxies cut long ones, and phones have little memory. */
export const PIECE = 4 * 1024 * 1024;

export interface UploadRow {
  readonly id: UploadId;
  /** Rises with every file attached on this device: the order in which they are sent. */
  readonly seq: number;
  /** Rises with every change: what another tab tells late is known by it. */
  readonly rev: number;
  /** Where it was attached: a chat that had not begun by then may have become a room since. */
  readonly room: RoomId;
  readonly name: string;
  readonly type: string;
  readonly size: number;
  readonly form: Form;
  readonly original: boolean;
  readonly width: number | null;
  readonly height: number | null;
  readonly seconds: number | null;
  /** Where the bytes are that the server has not: `tab` where the browser gives no room, and they end with the tab. */
  readonly bytes: "cache" | "tab";
  /** So many bytes from the beginning have been put into the cache; those that the server has are there no more. */
  readonly kept: number;
  /** SHA-256 of each piece from the beginning, in hexadecimal, as far as it was kept or sent. */
  readonly hashes: readonly string[];
  readonly remote: Id | null;
  readonly acknowledged: number;
  readonly ready: boolean;
  /** How it will be sent, as the server said once it was ready. */
  readonly sent: SentAs | null;
  readonly paused: boolean;
  readonly failed: Failure | null;
  /** Uploads at the server in whose place another one has come: it has to be told that they are over. */
  readonly over: readonly Id[];
  /** Taken away here: it stays until the server knows. */
  readonly gone: boolean;
}

export function loadUploads(tables: Tables): Promise<UploadRow[]> {
  return tables.all<UploadRow>("uploads");
}

export function loadUpload(tables: Tables, id: UploadId): Promise<UploadRow | undefined> {
  return tables.get<UploadRow>("uploads", id);
}

export function uploadKept(row: UploadRow): Write {
  return { kind: "put", table: "uploads", key: row.id, value: row };
}

/** The row with every byte of it. */
export function uploadGone(id: UploadId): Write[] {
  return [{ kind: "drop", table: "uploads", key: id }, piecesGone(id)];
}

export function pieceKept(id: UploadId, index: number, bytes: Uint8Array<ArrayBuffer>): Write {
  return { kind: "putBytes", table: "pieces", key: [id, index], value: bytes };
}

export function loadPiece(tables: Tables, id: UploadId, index: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  return tables.getBytes("pieces", [id, index]);
}

/** The pieces before `below`, one at least, or all. */
export function piecesGone(id: UploadId, below = Number.MAX_SAFE_INTEGER): Write {
  return { kind: "dropBetween", table: "pieces", from: [id, 0], to: [id, below - 1] };
}
