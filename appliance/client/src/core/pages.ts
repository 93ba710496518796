/** Lists that the server tells in pages, each with the cursor of the next. */

interface Page {
  readonly cursor?: string | null;
}

/** Returns every page of a list, in order. */
export async function everyPage<P extends Page>(ask: (cursor: string | null) => Promise<P>): Promise<readonly P[]> {
  const pages = [await ask(null)];
  for (;;) {
    const cursor = pages.at(-1)?.cursor ?? null;
    if (cursor === null) return pages;
    pages.push(await ask(cursor));
  }
}
