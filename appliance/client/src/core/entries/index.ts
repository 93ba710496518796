/**
 * Every type of entry with what the client knows of it. A type that the wire has and this table has not is a compile error.
 *
 * A type that only a newer server knows changes nothing and shows nothing.
 */

import type { EntryEvent, Event } from "../protocol";
import { damaged } from "./damaged";
import { hidden } from "./hidden";
import { type Entry, type EntryKind, SILENT } from "./kind";
import { memberAdd } from "./memberAdd";
import { memberRemove } from "./memberRemove";
import { messageEdit } from "./messageEdit";
import { messageReaction } from "./messageReaction";
import { messageRedact } from "./messageRedact";
import { messageText } from "./messageText";
import { ownerReassign } from "./ownerReassign";
import { ownerTransfer } from "./ownerTransfer";
import { roomClose } from "./roomClose";
import { roomCreate } from "./roomCreate";
import { roomRename } from "./roomRename";
import { shred } from "./shred";
import { systemClose } from "./systemClose";
import { systemRemove } from "./systemRemove";

export type Kinds = { readonly [T in EntryEvent["type"]]: EntryKind<Entry<T>> };

export const KINDS: Kinds = {
  "room.create": roomCreate,
  "room.rename": roomRename,
  "room.close": roomClose,
  "sys.close": systemClose,
  "member.add": memberAdd,
  "member.remove": memberRemove,
  "sys.remove": systemRemove,
  "owner.transfer": ownerTransfer,
  "owner.reassign": ownerReassign,
  "message.text": messageText,
  "message.edit": messageEdit,
  "message.redact": messageRedact,
  "message.reaction": messageReaction,
  shred,
  hidden,
  damaged,
};

const BY_TYPE: ReadonlyMap<string, EntryKind<EntryEvent>> = new Map(Object.entries<EntryKind<EntryEvent>>(KINDS));

/** What is known of the type of an event; of one that is no entry, nothing. */
export function kindOf({ type }: Pick<Event, "type">): EntryKind<EntryEvent> {
  return BY_TYPE.get(type) ?? SILENT;
}

/** The event as the entry that its type says it is. Only what `kindOf` gave for it may read it. */
export function asEntry(event: Pick<Event, "type">): EntryEvent {
  return event as EntryEvent;
}
