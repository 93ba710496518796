/** What an entry `shred` says: the words of a range of entries were destroyed by a rule of retention. */

import type { Event } from "./protocol";
import type { Range } from "./ranges";

/** The positions whose words are gone, or null for any other entry. */
export function erasedRange(event: Event): Range | null {
  const { from, to } = event.state ?? {};
  return event.type === "shred" && typeof from === "number" && typeof to === "number" ? [from, to] : null;
}

/** True when the words that a message shows, its own or those of its newest edit, are among them. */
export function losesWords(message: Event, gone: Range): boolean {
  const words = message.edited?.n ?? message.n ?? -1;
  return message.type === "message.text" && words >= gone[0] && words <= gone[1];
}
