/** What becomes known of a file after its message was sent (`file` on the feed): its scan, its size, what was made of it. */

import type { Event, FileChanged, FileFacts, FileView } from "./protocol";

/** What an event says of a file of a message; null for any other event, and for one that does not say it in full. */
export function fileChange({ type, state }: Pick<Event, "type" | "state">): FileChanged | null {
  if (type !== "file" || state === undefined || state === null) return null;
  const { n, id, facts } = state as Partial<FileChanged>;
  return typeof n === "number" && typeof id === "string" && typeof facts?.state === "string" && Array.isArray(facts.variants) ? { n, id, facts } : null;
}

/** The message with what is known of its file now; the same message when it has no such file. */
export function withFacts(message: Event, { n, id, facts }: FileChanged): Event {
  const { body } = message;
  const files = body?.files ?? [];
  if (message.n !== n || !files.some((file) => file.id === id)) return message;
  return { ...message, body: { ...body, files: files.map((file) => (file.id === id ? fileWith(file, facts) : file)) } };
}

/** The file with what is known of it now. What the facts leave out is no more, so nothing known before is kept. */
export function fileWith({ id, name, type, size, form, original, label }: FileView, facts: FileFacts): FileView {
  // What the server leaves out stays left out: a file that was told is the same as one that was asked for.
  return { id, name, type, size, form, ...(original !== undefined && { original }), ...(label !== undefined && { label }), ...facts };
}

/** Pixels of a picture that the server makes a preview of: the twin of `preview/protocol.py: MAX_PIXELS`. */
const MOST_PIXELS = 50_000_000;

/** Whether a picture has more pixels than are looked at: it is sent as a file without a preview. */
export function hasNoView(width: number | null | undefined, height: number | null | undefined): boolean {
  return (width ?? 0) * (height ?? 0) > MOST_PIXELS;
}
