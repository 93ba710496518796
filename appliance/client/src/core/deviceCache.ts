/**
 * The device's cache and its key, for as long as a session lasts (C2, C4).
 *
 * Rules: a key is made at login and destroyed with the session, with an account that turns out to be another's, and when
 * the server has been out of reach for too long. The key goes first and together with all it opened. A clock that was set
 * back does not prolong anything. In shared-PC mode, or without IndexedDB, everything lives in memory. Nothing here waits
 * for a permission or, without end, for the browser: signing in and reopening go through it.
 */

import { contactKept, loadContact } from "./db/meta";
import { openDatabase, type Db } from "./db/schema";
import { newKey, Seal } from "./db/seal";
import { DiskTables, emptied, MemoryTables, placeOf, type Tables } from "./db/tables";
import type { Ports } from "./ports";

const DATABASE = "gchat";
const MODE = "gchat.cache";
/** A clock behind the last contact by more than this was set back: then nothing says how long ago that was. */
const CLOCK_SLACK_MS = 5 * 60_000;
/** A database that has not opened by then is done without: signing in never waits for what may never come. */
const OPENING_MS = 10_000;

export class DeviceCache {
  constructor(
    private readonly ports: Ports,
    private readonly lifeMs: number,
  ) {}

  /** True when this device keeps nothing after the page is closed. */
  get memoryOnly(): boolean {
    return this.ports.settings.get(MODE) === "memory" || this.ports.storage.indexedDB() === null;
  }

  /** Opens what an earlier page left, or null: no cache, an expired one, or one that cannot be read. */
  async reopen(): Promise<Tables | null> {
    if (this.memoryOnly) return null;
    const db = await this.#database();
    if (db === null) return null;
    try {
      const [name] = await db.getAllKeys("key");
      const key = name === undefined ? undefined : await db.get("key", name);
      if (name !== undefined && key !== undefined) {
        const tables = new DiskTables(db, new Seal(this.ports.crypto, key), name);
        if (!(await this.expired(tables))) return tables;
      }
      await emptied(db);
    } catch {
      await emptied(db); // sealed by another key or written by half: of no use to anybody
    }
    db.close();
    return null;
  }

  /** Destroys what was there and begins anew; `remember: false` keeps everything in memory. */
  async renew(remember: boolean): Promise<Tables> {
    this.ports.settings.set(MODE, remember ? null : "memory");
    const db = await this.#database();
    if (db !== null) await emptied(db);
    return remember ? await this.#made(db) : await this.#inMemory(db);
  }

  /** Joins the cache another tab has made meanwhile, or makes one; in memory where this device is to keep nothing. */
  async join(): Promise<Tables> {
    if (this.memoryOnly) return await this.#inMemory(null);
    return (await this.reopen()) ?? (await this.#made(await this.#database()));
  }

  async #made(db: Db | null): Promise<Tables> {
    if (db === null) return await this.#inMemory(null);
    this.ports.storage.persist();
    const key = await newKey(this.ports.crypto);
    const name = this.ports.crypto.randomUUID();
    const seal = new Seal(this.ports.crypto, key);
    const contact = contactKept(this.ports.time.now());
    const sealed = await seal.close(placeOf(contact.table, contact.key), contact.value);
    const tx = db.transaction(["key", "meta"], "readwrite");
    const taken = (await tx.objectStore("key").count()) > 0;
    if (!taken) {
      // Together, so that no tab ever finds a key whose age nobody knows.
      await Promise.all([tx.objectStore("key").put(key, name), tx.objectStore("meta").put(sealed, contact.key)]);
    }
    await tx.done;
    if (!taken) return new DiskTables(db, seal, name);
    db.close();
    return await this.join();
  }

  async #inMemory(db: Db | null): Promise<Tables> {
    db?.close();
    const tables = new MemoryTables();
    await this.touch(tables);
    return tables;
  }

  /** Destroys the cache and forgets the mode: the session is over. */
  async destroy(tables: Tables | null): Promise<void> {
    // At once: a tab that signs in meanwhile chooses its own.
    this.ports.settings.set(MODE, null);
    await tables?.destroy();
    if (tables === null) {
      const db = await this.#database();
      if (db !== null) {
        await emptied(db);
        db.close();
      }
    }
  }

  /** Notes that the server has answered now. */
  async touch(tables: Tables): Promise<void> {
    await tables.write([contactKept(this.ports.time.now())]);
  }

  /** True when the server was last heard too long ago, or when that cannot be known. */
  async expired(tables: Tables): Promise<boolean> {
    const contact = await loadContact(tables);
    if (contact === null) return true;
    const age = this.ports.time.now() - contact;
    return age > this.lifeMs || age < -CLOCK_SLACK_MS;
  }

  async #database(): Promise<Db | null> {
    const factory = this.ports.storage.indexedDB();
    if (factory === null) return null;
    // Private windows of some browsers offer IndexedDB and then refuse it; older Safari sometimes answers nothing at all.
    const opening = openDatabase(factory, DATABASE).catch(() => null);
    const { time } = this.ports;
    return await new Promise((resolve) => {
      let waiting = true;
      const timer = time.setTimeout(() => {
        waiting = false;
        resolve(null);
      }, OPENING_MS);
      void opening.then((db) => {
        time.clearTimeout(timer);
        if (waiting) resolve(db);
        else db?.close();
      });
    });
  }
}
