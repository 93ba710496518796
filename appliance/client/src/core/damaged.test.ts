import { expect, test } from "vitest";
import { CallError } from "./errors";
import type { ItemContext } from "./entries/kind";
import { itemOf } from "./items";

const context: ItemContext = {
  me: "p_1",
  keyOf: String,
  quote: (n) => ({ kind: "loading", n }),
  readersOf: () => ({ by: 0, of: 0 }),
  ownReactions: [],
};

test("an entry of which nothing can be read is shown as such", () => {
  const item = itemOf({ type: "damaged", at: 1, room: "r_1", n: 7, hidden: "damaged" }, context);
  expect(item).toMatchObject({ kind: "notice", n: 7, sender: null, notice: { what: "damaged" } });
});

test("what has to be restored is not tried again by itself; a disk that fails for now is", () => {
  const refused = (code: string) => new CallError("broken", 503, { code });
  expect(refused("storage_damaged").passing).toBe(false);
  expect(refused("room_unproven").passing).toBe(false);
  expect(refused("storage_failed").passing).toBe(true);
});
