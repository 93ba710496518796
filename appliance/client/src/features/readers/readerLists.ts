/**
 * The two lists of a message's readers as far as they are loaded. Pure: a page in, lists out.
 *
 * The server turns one book of pages, first those who have read and then those who have not; each list here goes on from
 * a cursor of its own, so that whoever looks at the second does not wait for the first.
 */
import type { Reader, Readers, Unreader } from "#core/protocol";

export type ListName = "read" | "unread";

export interface PeoplePart<T> {
  readonly people: readonly T[];
  /** Where the rest begins; null when there is none. */
  readonly next: string | null;
}

export interface ReaderLists {
  readonly readCount: number;
  readonly unreadCount: number;
  readonly read: PeoplePart<Reader>;
  readonly unread: PeoplePart<Unreader>;
}

/** Begins both lists with the first page. */
export function firstPage(page: Readers): ReaderLists {
  const begun = page.unread.length > 0;
  return {
    readCount: page.read_count,
    unreadCount: page.unread_count,
    read: { people: page.read, next: restOfReaders(page, page.read.length) },
    unread: { people: page.unread, next: (begun ? page.cursor : page.unread_cursor) ?? null },
  };
}

/** Goes on with one of the lists: `page` is what its cursor led to. */
export function withPage(lists: ReaderLists, name: ListName, page: Readers): ReaderLists {
  if (name === "unread") return { ...lists, unread: { people: [...lists.unread.people, ...page.unread], next: page.cursor ?? null } };
  const people = [...lists.read.people, ...page.read];
  return { ...lists, read: { people, next: page.read.length === 0 ? null : restOfReaders(page, people.length) } };
}

/** The cursor leads to readers as long as some are missing, then to the others. */
function restOfReaders(page: Readers, loaded: number): string | null {
  return loaded < page.read_count ? (page.cursor ?? null) : null;
}
