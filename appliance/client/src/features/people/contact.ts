/** Whether the reader may write to a person: `open` also where they talk already; `none` for oneself and who has left. */
import type { Core } from "#core/index";
import { newChat } from "#core/newChats";
import type { PersonView } from "#core/protocol";

export type Contact = "open" | "denied" | "none";

export function contactWith(core: Pick<Core, "rooms">, { id, may_contact: may }: Pick<PersonView, "id" | "may_contact">): Contact {
  if (may === true || core.rooms.begunAs(newChat(id)) !== null) return "open";
  return may === false ? "denied" : "none";
}

/** Those whom a rule denies stand apart, to be listed last; each group keeps the order it had. */
export function byContact(people: readonly PersonView[], contactOf: (person: PersonView) => Contact): { first: PersonView[]; denied: PersonView[] } {
  const isDenied = (person: PersonView) => contactOf(person) === "denied";
  return { first: people.filter((person) => !isDenied(person)), denied: people.filter(isDenied) };
}
