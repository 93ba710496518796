/**
 * What the server's registry says of a type of entry (`entryTypes.ts`, made from appliance/rules/entry_types.py).
 *
 * Pure. A type that only a newer server knows takes nothing and is no message.
 */

import { ENTRY_TYPES } from "./entryTypes";
import type { EntryEvent, Event } from "./protocol";

/** What a later entry may do to one. */
export type Ability = "answer" | "edit" | "retract" | "react";

interface EntryRules {
  readonly takes: readonly string[];
  readonly message: boolean;
}

/** Every type that the wire has is in the table, but for places whose entry is not told. */
const TABLE: Readonly<Record<Exclude<EntryEvent["type"], "hidden" | "damaged">, EntryRules>> = ENTRY_TYPES;
const TYPES: ReadonlyMap<string, EntryRules> = new Map(Object.entries(TABLE));

export const takes = (type: string, ability: Ability): boolean => TYPES.get(type)?.takes.includes(ability) ?? false;

/** Somebody says something: it counts as unread, is a room's newest line, can be quoted and found, and ends their typing. */
export const isMessage = ({ type }: Pick<Event, "type">): boolean => TYPES.get(type)?.message ?? false;
