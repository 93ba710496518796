/**
 * The shape of the cache in IndexedDB.
 *
 * Owns the migrations. MIGRATIONS IS ONLY EVER APPENDED TO: its length is the version of the database, and a device may
 * come back after a year with any older one. Every value but the key is sealed (`seal.ts`); keys are opaque ids.
 */

import { wrap, type DBSchema, type IDBPDatabase } from "idb";

import type { Sealed } from "./seal";

export interface CacheSchema extends DBSchema {
  /** The session's one key, under a name of its own: not extractable, gone at logout. */
  key: { key: string; value: CryptoKey };
  meta: { key: string; value: Sealed };
  rooms: { key: string; value: Sealed };
  messages: { key: [room: string, n: number]; value: Sealed };
  drafts: { key: string; value: Sealed };
  outbox: { key: [seq: number, txnId: string]; value: Sealed };
  people: { key: string; value: Sealed };
  /** Small pictures of files, and apart from them what each is: that is read without opening every picture. */
  thumbs: { key: [room: string, id: string]; value: Sealed };
  thumbFacts: { key: [room: string, id: string]; value: Sealed };
  uploads: { key: string; value: Sealed };
  /** Bytes of files on their way, in pieces. */
  pieces: { key: [upload: string, index: number]; value: Sealed };
}

export type Db = IDBPDatabase<CacheSchema>;
export const STORES = ["key", "meta", "rooms", "messages", "drafts", "outbox", "people", "thumbs", "thumbFacts", "uploads", "pieces"] as const;
export type StoreName = (typeof STORES)[number];

type Migration = (db: IDBDatabase, tx: IDBTransaction) => void;

const MIGRATIONS: readonly Migration[] = [
  (db) => {
    for (const name of ["key", "meta", "rooms", "messages", "drafts", "outbox", "people"]) db.createObjectStore(name);
  },
  // People are kept with the names of both languages; those kept before are asked for again.
  (db) => {
    db.deleteObjectStore("people");
    db.createObjectStore("people");
  },
  // The cursor was a number: rooms are asked for anew, with their messages. What was written here stays.
  (_, tx) => {
    tx.objectStore("meta").delete("cursor");
    for (const name of ["rooms", "messages"]) tx.objectStore(name).clear();
  },
  (db) => {
    for (const name of ["thumbs", "thumbFacts"]) db.createObjectStore(name);
  },
  (db) => {
    for (const name of ["uploads", "pieces"]) db.createObjectStore(name);
  },
];

/** Opens the cache, creating or migrating it. Rejects when the browser has none to give. */
export function openDatabase(factory: IDBFactory, name: string): Promise<Db> {
  return new Promise((resolve, reject) => {
    const request = factory.open(name, MIGRATIONS.length);
    request.onupgradeneeded = (event) => {
      const tx = request.transaction;
      if (tx === null) return;
      for (const migrate of MIGRATIONS.slice(event.oldVersion)) migrate(request.result, tx);
    };
    request.onsuccess = () => {
      // A newer version of this client, in another tab, must not wait for this one.
      request.result.onversionchange = () => request.result.close();
      resolve(wrap(request.result) as unknown as Db);
    };
    request.onerror = () => reject(request.error ?? new Error("IndexedDB failed"));
    request.onblocked = () => reject(new Error("IndexedDB is held by an older tab"));
  });
}
