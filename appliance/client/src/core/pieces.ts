/**
 * The bytes of a file on its way, piece by piece: kept sealed in the cache as long as the server has not got them.
 *
 * Owns what a piece is, its hash and where it is read from. One piece is in memory at a time.
 */

import { loadPiece, PIECE, pieceKept, type UploadRow } from "./db/uploads";
import type { Tables, Write } from "./db/tables";
import type { LocalFile } from "./ports";

export interface Piece {
  readonly index: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly hash: string;
}

/** How many pieces hold so many bytes, the last one maybe in part. */
export const piecesIn = (bytes: number): number => Math.ceil(bytes / PIECE);

/** Where a piece begins and ends in the file. */
export const bounds = (index: number, size: number): readonly [number, number] => [index * PIECE, Math.min(size, (index + 1) * PIECE)];

export async function hashOf(crypto: Crypto, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Reads a piece of a chosen file. Rejects when the file has changed its size, or cannot be read. */
export async function pieceOf(crypto: Crypto, file: LocalFile, index: number): Promise<Piece> {
  const [start, stop] = bounds(index, file.size);
  const bytes = new Uint8Array(await file.slice(start, stop));
  if (bytes.length !== stop - start) throw new Error("the file has changed");
  return { index, bytes, hash: await hashOf(crypto, bytes) };
}

/** Reads a piece that was kept; null when it is not there whole. */
export async function keptPiece(tables: Tables, { id, size, hashes }: UploadRow, index: number): Promise<Piece | null> {
  const bytes = await loadPiece(tables, id, index).catch(() => undefined);
  const [start, stop] = bounds(index, size);
  const hash = hashes[index];
  return bytes?.length === stop - start && hash !== undefined ? { index, bytes, hash } : null;
}

/** Whether everything the server has of an upload is what stands in this file. */
export async function isSameSoFar(crypto: Crypto, { acknowledged, hashes }: UploadRow, file: LocalFile): Promise<boolean> {
  for (let index = 0; index < piecesIn(acknowledged); index += 1) {
    const piece = await pieceOf(crypto, file, index).catch(() => null);
    if (piece === null || piece.hash !== hashes[index]) return false;
  }
  return true;
}

/** The hashes with that of this piece among them; those before it are there. */
export function withHash(hashes: readonly string[], { index, hash }: Piece): readonly string[] {
  if (index > hashes.length) throw new Error("a piece before this one has no hash");
  return [...hashes.slice(0, index), hash, ...hashes.slice(index + 1)];
}

/** The write that keeps a piece with its row. */
export function keptWith(row: UploadRow, { index, bytes }: Piece): Write {
  return pieceKept(row.id, index, bytes);
}
