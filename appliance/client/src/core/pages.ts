/** Lists that the server tells in pages, each with the cursor of the next. */

interface Page {
  readonly cursor?: string | null;
}

/** Returns every page of a list, in order. */
export function everyPage<P extends Page>(ask: (cursor: string | null) => Promise<P>): Promise<readonly P[]> {
  return firstPages(ask, Number.POSITIVE_INFINITY);
}

/** Returns the first pages of a list, in order: `most` of them, or as many as there are. */
export async function firstPages<P extends Page>(ask: (cursor: string | null) => Promise<P>, most: number): Promise<readonly P[]> {
  const pages = [await ask(null)];
  while (pages.length < most) {
    const cursor = pages.at(-1)?.cursor ?? null;
    if (cursor === null) break;
    pages.push(await ask(cursor));
  }
  return pages;
}
