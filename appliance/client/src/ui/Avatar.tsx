/**
 * A person or a room as a disc: initials by Thai grapheme on one of eight quiet colours.
 * Decorative: the name always stands beside it, so screen readers skip it; the initials are drawn, not written, and are
 * no part of what is copied or what speech control calls a link.
 */
import { avatarTone, initials, roomLetters } from "./initials";
import "./Avatar.css";

interface AvatarProps {
  /** Stable id, which picks the colour. */
  id: string;
  name: string;
  size?: "xs" | "s" | "m" | "l" | "xl";
  /** A group's: squarer, with letters of the room's name. */
  room?: boolean;
  inactive?: boolean;
}

export function Avatar({ id, name, size = "m", room = false, inactive }: AvatarProps) {
  const tone = inactive ? "avatar-gone" : `avatar-tone-${avatarTone(id)}`;
  return (
    <span
      aria-hidden
      className={`avatar avatar-${size} ${tone} ${room ? "avatar-room" : ""}`}
      data-initials={room ? roomLetters(name) : initials(name)}
    />
  );
}
