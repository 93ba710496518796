/** Whether the reader may write to a person: `open` also where they talk already; `none` for oneself and who has left. */
import type { Core } from "#core/index";
import { newChat } from "#core/newChats";
import type { PersonView } from "#core/protocol";

export type Contact = "open" | "denied" | "none";

export function contactWith(core: Pick<Core, "rooms">, { id, may_contact: may }: Pick<PersonView, "id" | "may_contact">): Contact {
  if (may === true || core.rooms.begunAs(newChat(id)) !== null) return "open";
  return may === false ? "denied" : "none";
}
