/** People in the cache, by id: enough to put names to messages offline, in either language. */

import type { PersonView } from "../protocol";
import type { PersonId } from "../snapshots";
import type { Tables, Write } from "./tables";

/** What the register calls a person, in one language. */
export interface RegisterNames {
  readonly name: string;
  readonly unit: string | null;
  readonly post: string | null;
  readonly rank: string | null;
}

export interface KeptPerson {
  readonly id: PersonId;
  readonly thai: RegisterNames;
  /** Null: not known whether there are any. Where the register has none, a part is empty. */
  readonly english: RegisterNames | null;
  readonly status: string | null;
  readonly active: boolean;
  /** Names their photograph; another one has another name. */
  readonly photo: string | null;
  /** The profile, once it has been read. */
  readonly full: PersonView | null;
}

export function loadPeople(tables: Tables): Promise<KeptPerson[]> {
  return tables.all<KeptPerson>("people");
}

export function personKept(person: KeptPerson): Write {
  return { kind: "put", table: "people", key: person.id, value: person };
}
