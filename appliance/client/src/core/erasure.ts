/** What a destruction of words (`entries/shred.ts`) leaves of a message. */

import { hide, isHidden } from "./entries/hidden";
import type { Event } from "./protocol";
import { isMessage } from "./registry";
import type { Range } from "./ranges";

/** The message after it: without words where they were among what went; those of a later edit stand, the files do not. */
export function afterErasure(message: Event, gone: Range): Event {
  if (!isMessage(message) || isHidden(message)) return message;
  const isGone = (n: number): boolean => n >= gone[0] && n <= gone[1];
  if (isGone(message.edited?.n ?? message.n ?? -1)) return hide(message, "erased");
  const { body } = message;
  if (!isGone(message.n ?? -1) || body?.files === undefined) return message;
  const { files: _, ...words } = body;
  return { ...message, body: words };
}
