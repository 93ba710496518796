/** What becomes known of a file after its message was sent (`file` on the feed): its scan, its size, what was made of it. */

import type { Event, FileChanged } from "./protocol";

/** What an event says of a file of a message; null for any other event, and for one that does not say it in full. */
export function fileChange({ type, state }: Pick<Event, "type" | "state">): FileChanged | null {
  if (type !== "file" || state === undefined || state === null) return null;
  const { n, id, facts } = state as Partial<FileChanged>;
  return typeof n === "number" && typeof id === "string" && typeof facts?.state === "string" ? { n, id, facts } : null;
}

/** The message with what is known of its file now; the same message when it has no such file. */
export function withFacts(message: Event, { n, id, facts }: FileChanged): Event {
  const { body } = message;
  const files = body?.files ?? [];
  if (message.n !== n || !files.some((file) => file.id === id)) return message;
  return { ...message, body: { ...body, files: files.map((file) => (file.id === id ? { ...file, facts } : file)) } };
}
