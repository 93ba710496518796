/** Single values of the cache: the cursor of the feed, who we are, what was searched for, the requests that concern us, when the server was last heard. */

import type { GuardMark } from "../passwordGuard";
import type { Cursor, Me } from "../protocol";
import type { RequestList } from "../snapshots";
import type { Put, Tables, Write } from "./tables";

/** The cursor up to which the cache is whole; null while it has never held anything. */
export async function loadCursor(tables: Tables): Promise<Cursor | null> {
  return (await tables.get<Cursor>("meta", "cursor")) ?? null;
}

export function cursorKept(pos: Cursor): Write {
  return { kind: "put", table: "meta", key: "cursor", value: pos };
}

export async function loadMe(tables: Tables): Promise<Me | null> {
  return (await tables.get<Me>("meta", "me")) ?? null;
}

export function meKept(me: Me): Write {
  return { kind: "put", table: "meta", key: "me", value: me };
}

/** What recognises the reader's own password in a message; null until it was typed here. */
export async function loadGuard(tables: Tables): Promise<GuardMark | null> {
  return (await tables.get<GuardMark>("meta", "guard")) ?? null;
}

export function guardKept(mark: GuardMark): Write {
  return { kind: "put", table: "meta", key: "guard", value: mark };
}

/** What was searched for here, the newest first. */
export async function loadSearches(tables: Tables): Promise<readonly string[]> {
  return (await tables.get<readonly string[]>("meta", "searches")) ?? [];
}

export function searchesKept(searches: readonly string[]): Write {
  if (searches.length === 0) return { kind: "drop", table: "meta", key: "searches" };
  return { kind: "put", table: "meta", key: "searches", value: searches };
}

/** The requests that concern us, as the server last told them. */
export async function loadRequests(tables: Tables): Promise<RequestList | null> {
  return (await tables.get<RequestList>("meta", "requests")) ?? null;
}

export function requestsKept(list: RequestList): Write {
  return { kind: "put", table: "meta", key: "requests", value: list };
}

/** Local time of the last answer of the server, ms; null when there was none. */
export async function loadContact(tables: Tables): Promise<number | null> {
  return (await tables.get<number>("meta", "contact")) ?? null;
}

export function contactKept(at: number): Put<string> & { table: "meta" } {
  return { kind: "put", table: "meta", key: "contact", value: at };
}
