/** Who has a photograph, for every disc of a person on the page; without it, as in a gallery, all are initials. */
import { createContext, useContext } from "react";

import type { PersonCard } from "#core/snapshots";
import { type Readable, Store } from "#core/store";

import { useReadable } from "./useReadable";

/** What is known of a person, without asking. */
export type CardOf = (person: string) => Readable<PersonCard | null>;

export const PhotoSourceContext = createContext<CardOf | null>(null);

const NOBODY: Readable<PersonCard | null> = new Store<PersonCard | null>(null);

/** The photograph that a person's card names; null for none. `person` is null for a room. */
export function usePhoto(person: string | null): string | null {
  const cardOf = useContext(PhotoSourceContext);
  const card = useReadable(cardOf === null || person === null ? NOBODY : cardOf(person));
  return card !== null && card.active ? card.photo : null;
}
