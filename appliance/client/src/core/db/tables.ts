/**
 * What the cache is kept in: named tables of values by key, written in one transaction.
 *
 * Owns the interface and its two forms: `DiskTables` (IndexedDB, every value sealed) and `MemoryTables` (nothing leaves
 * this page: shared PCs, browsers without IndexedDB). Knows nothing of what the values mean.
 */

import { Turns } from "../turns";
import type { Seal, Sealed } from "./seal";
import { STORES, type Db, type StoreName } from "./schema";

export type Table = Exclude<StoreName, "key">;
export type Key = string | readonly [string | number, string | number];

export interface Put<K extends Key = Key> {
  readonly kind: "put";
  readonly table: Table;
  readonly key: K;
  readonly value: unknown;
}

export type Write =
  | Put
  | { readonly kind: "putBytes"; readonly table: Table; readonly key: Key; readonly value: Uint8Array<ArrayBuffer> }
  | { readonly kind: "drop"; readonly table: Table; readonly key: Key }
  | { readonly kind: "dropBetween"; readonly table: Table; readonly from: Key; readonly to: Key }
  | { readonly kind: "clear"; readonly table: Table };

export interface Tables {
  get<T>(table: Table, key: Key): Promise<T | undefined>;
  /** What `putBytes` has kept. */
  getBytes(table: Table, key: Key): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** All values, in the order of their keys. */
  all<T>(table: Table): Promise<T[]>;
  /** Values with keys in [from, to], in order. */
  between<T>(table: Table, from: Key, to: Key): Promise<T[]>;
  /** All or nothing. Writes are done in the order in which they were asked for. */
  write(writes: readonly Write[]): Promise<void>;
  /** Destroys everything, the key included; later calls read and write nothing. */
  destroy(): Promise<void>;
  /** Lets go without destroying: another tab has, or will. Later calls read and write nothing. */
  leave(): void;
  /** True when other tabs share it. */
  readonly shared: boolean;
}

/** What a value is bound to when it is sealed. */
export function placeOf(table: Table, key: Key): string {
  return `${table}:${JSON.stringify(key)}`;
}

export class DiskTables implements Tables {
  readonly shared = true;
  readonly #turns = new Turns();
  #gone = false;

  constructor(
    private readonly db: Db,
    private readonly seal: Seal,
    /** Name of the key's record: as long as it is there, this cache is. */
    private readonly keyName: string,
  ) {}

  async get<T>(table: Table, key: Key): Promise<T | undefined> {
    if (this.#gone) return undefined;
    const sealed = await this.db.get(table, key as string);
    return sealed === undefined ? undefined : await this.seal.open<T>(placeOf(table, key), sealed);
  }

  async getBytes(table: Table, key: Key): Promise<Uint8Array<ArrayBuffer> | undefined> {
    if (this.#gone) return undefined;
    const sealed = await this.db.get(table, key as string);
    return sealed === undefined ? undefined : await this.seal.openBytes(placeOf(table, key), sealed);
  }

  async all<T>(table: Table): Promise<T[]> {
    return await this.#read<T>(table, null);
  }

  async between<T>(table: Table, from: Key, to: Key): Promise<T[]> {
    return await this.#read<T>(table, IDBKeyRange.bound(from, to));
  }

  async write(writes: readonly Write[]): Promise<void> {
    // Sealing waits for the browser's crypto, and a transaction does not survive waiting: so seal first.
    const sealing = Promise.all(writes.map((write) => this.#sealed(write)));
    // A large value takes longer than a small one: it must not come after what was asked for later.
    await this.#turns.take(async () => await this.#commit(writes, await sealing));
  }

  async #sealed(write: Write): Promise<Sealed | null> {
    if (write.kind === "put") return await this.seal.close(placeOf(write.table, write.key), write.value);
    return write.kind === "putBytes" ? await this.seal.closeBytes(placeOf(write.table, write.key), write.value) : null;
  }

  async #commit(writes: readonly Write[], sealed: readonly (Sealed | null)[]): Promise<void> {
    if (this.#gone || writes.length === 0) return;
    const tx = this.db.transaction([...new Set<StoreName>(["key", ...writes.map((write) => write.table)])], "readwrite");
    if ((await tx.objectStore("key").getKey(this.keyName)) === undefined) {
      this.#gone = true; // another tab has ended the session: nothing may be added to what it emptied
      return await tx.done;
    }
    const ask = (write: Write, i: number): Promise<unknown> => {
      const store = tx.objectStore(write.table);
      switch (write.kind) {
        case "put":
        case "putBytes":
          return store.put(sealed[i] as Sealed, write.key as string);
        case "drop":
          return store.delete(write.key as string);
        case "dropBetween":
          return store.delete(IDBKeyRange.bound(write.from, write.to));
        case "clear":
          return store.clear();
      }
    };
    const jobs: Promise<unknown>[] = [tx.done];
    try {
      for (const [i, write] of writes.entries()) jobs.push(ask(write, i));
    } catch (error) {
      // A write that cannot even be asked for does not end the transaction by itself: those before it would be done.
      tx.abort();
      await Promise.allSettled(jobs);
      throw error;
    }
    await Promise.all(jobs);
  }

  async destroy(): Promise<void> {
    this.#gone = true;
    // Another session may have begun here since, and then what was ours is gone already. Asked and done in one transaction:
    // between two, a tab that signs in would lose the cache it has just made.
    const tx = this.db.transaction([...STORES], "readwrite");
    const isOurs = (await tx.objectStore("key").getKey(this.keyName)) !== undefined;
    await Promise.all([...(isOurs ? STORES.map((store) => tx.objectStore(store).clear()) : []), tx.done]);
    this.db.close();
  }

  leave(): void {
    this.#gone = true;
    this.db.close();
  }

  async #read<T>(table: Table, range: IDBKeyRange | null): Promise<T[]> {
    if (this.#gone) return [];
    const tx = this.db.transaction(table);
    const [keys, values] = await Promise.all([tx.store.getAllKeys(range), tx.store.getAll(range), tx.done]);
    return await Promise.all(values.map((sealed, i) => this.seal.open<T>(placeOf(table, keys[i] as Key), sealed)));
  }
}

/** Clears every store in one transaction: either the key and all it opened are gone, or nothing is. */
export async function emptied(db: Db): Promise<void> {
  const tx = db.transaction([...STORES], "readwrite");
  await Promise.all([...STORES.map((store) => tx.objectStore(store).clear()), tx.done]);
}

export class MemoryTables implements Tables {
  readonly shared = false;
  readonly #tables = new Map<Table, Map<string, { readonly key: Key; readonly value: unknown }>>();
  #gone = false;

  get<T>(table: Table, key: Key): Promise<T | undefined> {
    return Promise.resolve(this.#table(table).get(JSON.stringify(key))?.value as T | undefined);
  }

  getBytes(table: Table, key: Key): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.get(table, key);
  }

  all<T>(table: Table): Promise<T[]> {
    return Promise.resolve(this.#sorted<T>(table, () => true));
  }

  between<T>(table: Table, from: Key, to: Key): Promise<T[]> {
    return Promise.resolve(this.#sorted<T>(table, (key) => order(key, from) >= 0 && order(key, to) <= 0));
  }

  write(writes: readonly Write[]): Promise<void> {
    if (this.#gone) return Promise.resolve();
    for (const write of writes) {
      const table = this.#table(write.table);
      if (write.kind === "put" || write.kind === "putBytes") table.set(JSON.stringify(write.key), { key: write.key, value: write.value });
      else if (write.kind === "drop") table.delete(JSON.stringify(write.key));
      else if (write.kind === "clear") table.clear();
      else {
        for (const [text, { key }] of table) {
          if (order(key, write.from) >= 0 && order(key, write.to) <= 0) table.delete(text);
        }
      }
    }
    return Promise.resolve();
  }

  destroy(): Promise<void> {
    this.leave();
    return Promise.resolve();
  }

  leave(): void {
    this.#gone = true;
    this.#tables.clear();
  }

  #table(name: Table): Map<string, { readonly key: Key; readonly value: unknown }> {
    const table = this.#tables.get(name) ?? new Map<string, { readonly key: Key; readonly value: unknown }>();
    this.#tables.set(name, table);
    return table;
  }

  #sorted<T>(table: Table, wanted: (key: Key) => boolean): T[] {
    return [...this.#table(table).values()]
      .filter(({ key }) => wanted(key))
      .sort((a, b) => order(a.key, b.key))
      .map(({ value }) => value as T);
  }
}

/** The order IndexedDB gives keys of one table: numbers and strings each among themselves, pairs part by part. */
function order(a: Key, b: Key): number {
  if (typeof a === "string" || typeof b === "string") return a < b ? -1 : a > b ? 1 : 0;
  const [x, y] = a[0] === b[0] ? [a[1], b[1]] : [a[0], b[0]];
  return x < y ? -1 : x > y ? 1 : 0;
}
