/** People in the cache, by id: enough to put names to messages offline. */

import type { PersonCard } from "../snapshots";
import type { Tables, Write } from "./tables";

export function loadPeople(tables: Tables): Promise<PersonCard[]> {
  return tables.all<PersonCard>("people");
}

export function personKept(card: PersonCard): Write {
  return { kind: "put", table: "people", key: card.id, value: card };
}
