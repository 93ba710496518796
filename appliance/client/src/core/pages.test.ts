import { expect, test } from "vitest";
import { everyPage, firstPages } from "./pages";

test("a list is read to its end, each page after the one before", async () => {
  const asked: (string | null)[] = [];
  const pages = await everyPage((cursor) => {
    asked.push(cursor);
    return Promise.resolve({ items: [asked.length], cursor: asked.length < 3 ? `c${asked.length}` : null });
  });
  expect(asked).toEqual([null, "c1", "c2"]);
  expect(pages.flatMap((page) => page.items)).toEqual([1, 2, 3]);
});

test("of a list that is long, no more than was wanted is read", async () => {
  const asked: (string | null)[] = [];
  const ask = (cursor: string | null) => {
    asked.push(cursor);
    return Promise.resolve({ cursor: `c${asked.length}` });
  };
  expect(await firstPages(ask, 2)).toHaveLength(2);
  expect(asked).toEqual([null, "c1"]);
});
