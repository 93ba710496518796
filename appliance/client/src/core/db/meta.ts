/** Single values of the cache: the cursor of the feed, who we are, and when the server was last heard. */

import type { Me } from "../protocol";
import type { Put, Tables, Write } from "./tables";

export async function loadCursor(tables: Tables): Promise<number> {
  return (await tables.get<number>("meta", "cursor")) ?? 0;
}

export function cursorKept(pos: number): Write {
  return { kind: "put", table: "meta", key: "cursor", value: pos };
}

export async function loadMe(tables: Tables): Promise<Me | null> {
  return (await tables.get<Me>("meta", "me")) ?? null;
}

export function meKept(me: Me): Write {
  return { kind: "put", table: "meta", key: "me", value: me };
}

/** Local time of the last answer of the server, ms; null when there was none. */
export async function loadContact(tables: Tables): Promise<number | null> {
  return (await tables.get<number>("meta", "contact")) ?? null;
}

export function contactKept(at: number): Put<string> & { table: "meta" } {
  return { kind: "put", table: "meta", key: "contact", value: at };
}
