/** `shred`: the words of a range of entries were destroyed by a rule of retention. */

import { type Entry, type EntryKind, SILENT } from "./kind";

export const shred: EntryKind<Entry<"shred">> = { ...SILENT, erases: ({ state }) => [state.from, state.to] };
