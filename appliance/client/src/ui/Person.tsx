/** A person's avatar, filled in when the core learns who they are. */
import type { PersonCard } from "#core/snapshots";
import type { Readable } from "#core/store";

import { Avatar } from "./Avatar";
import { useReadable } from "./useReadable";

interface PersonAvatarProps {
  id: string;
  /** From `core.people.person(id)`; null until known. */
  card: Readable<PersonCard | null>;
}

export function PersonAvatar({ id, card }: PersonAvatarProps) {
  const person = useReadable(card);
  return <Avatar id={id} name={person?.name ?? ""} inactive={person?.active === false} />;
}
