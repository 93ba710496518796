/** `message.edit`: a message gets other words. */

import type { Event } from "../protocol";
import { isHidden } from "./hidden";
import { type Entry, type EntryKind, SILENT } from "./kind";

export const messageEdit: EntryKind<Entry<"message.edit">> = { ...SILENT, effect: "rewords", fold: reworded };

function reworded(message: Event, edit: Entry<"message.edit">): Event {
  if (isHidden(message) || edit.body === undefined || edit.body === null || (message.edited?.n ?? -1) >= edit.n) return message;
  // New words for a message, which keeps its files.
  const files = message.body?.files;
  const body = files === undefined ? edit.body : { ...edit.body, files };
  return { ...message, body, edited: { n: edit.n, at: edit.at } };
}
