/** `message.redact`: a message is taken back; its place and its author stay. */

import { hide } from "./hidden";
import { type Entry, type EntryKind, SILENT } from "./kind";

export const messageRedact: EntryKind<Entry<"message.redact">> = {
  ...SILENT,
  effect: "retracts",
  fold: (message) => hide(message, "retracted"),
};
