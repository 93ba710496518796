import { expect, test } from "vitest";

import { asRemoval, asSuggestion, distinctRequests, requestIn } from "./ownerRequests";

const removal = { id: "rr_1", room: "r_1", person: "p_1", name: "มาลี", state: "pending", asked: 20 };
const suggestion = { ...removal, id: "rr_2", asked: 10, people: [{ person: "p_9", name: "สมชาย" }] };
const event = (type: string, state: Record<string, unknown> | null) => ({ pos: 1, at: 1, type, room: "r_1", state });

test("an event tells of a request in its kind, and others of none", () => {
  expect(requestIn(event("removal_request", removal))).toEqual({ ...removal, kind: "removal" });
  expect(requestIn(event("member_suggestion", suggestion))).toEqual({ ...suggestion, kind: "suggestion" });
  expect(requestIn(event("receipt", { id: "rr_1" }))).toBeNull();
  expect(requestIn(event("member_suggestion", null))).toBeNull();
});

test("of what is known twice the answer counts, whichever came first", () => {
  const answered = asRemoval({ ...removal, state: "granted", answered: 30 });
  const waiting = asRemoval(removal);
  for (const all of [[waiting, answered], [answered, waiting]]) {
    expect(distinctRequests([...all, asSuggestion(suggestion)])).toEqual([asSuggestion(suggestion), answered]);
  }
});
