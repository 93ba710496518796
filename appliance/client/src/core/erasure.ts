/** Whether a destruction of words (`entries/shred.ts`) takes those of a message. */

import type { Event } from "./protocol";
import { isMessage } from "./registry";
import type { Range } from "./ranges";

/** True when the words that a message shows, its own or those of its newest edit, are among them. */
export function losesWords(message: Event, gone: Range): boolean {
  const words = message.edited?.n ?? message.n ?? -1;
  return isMessage(message) && words >= gone[0] && words <= gone[1];
}
