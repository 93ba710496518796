/** The disc and the icon of a room, as the policy of its kind says: the other person's, or the room's own. */
import { policyOf } from "#core/policy";

import { Avatar } from "./Avatar";
import { Icon } from "./Icon";

interface RoomAvatarProps {
  id: string;
  kind: string;
  /** The other person of a private chat, as far as that one is known. */
  other: string | null;
  name: string;
  size?: "xs" | "s" | "m" | "l" | "xl";
}

const isPerson = (kind: string): boolean => policyOf(kind).icon === "person";

export function RoomAvatar({ id, kind, other, name, size = "m" }: RoomAvatarProps) {
  return <Avatar id={other ?? id} name={name} size={size} room={!isPerson(kind)} />;
}

export function RoomIcon({ kind }: { kind: string }) {
  return <Icon name={isPerson(kind) ? "person" : "group"} size="s" />;
}
