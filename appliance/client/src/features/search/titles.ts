/** Names that fill in as the core learns them. */
import type { PersonId, RoomId } from "#core/snapshots";
import { Store } from "#core/store";
import { useReadable } from "#ui/useReadable";

import type { SearchModel } from "./SearchModel";

const NOTHING = new Store(null);

/** Null for no person; «…» until known. */
export function useSenderName(model: SearchModel, person: PersonId | null): string | null {
  const card = useReadable(person === null ? NOTHING : model.person(person));
  return person === null ? null : (card?.name ?? "…");
}

/** A room's name, or the other person's of a private chat; null for no room. */
export function useRoomTitle(model: SearchModel, room: RoomId | null): string | null {
  const known = useReadable(room === null ? NOTHING : model.room(room));
  const other = useSenderName(model, known?.other ?? null);
  return room === null ? null : (known?.title ?? other ?? "…");
}
