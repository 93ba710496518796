/**
 * A person or a room as a disc: initials by Thai grapheme on one of eight quiet colours.
 * Decorative: the name always stands beside it, so screen readers skip it; the initials are drawn, not written, and are
 * no part of what is copied or what speech control calls a link.
 */
import { avatarTone, initials } from "./initials";
import { Icon, type IconName } from "./Icon";
import "./Avatar.css";

interface AvatarProps {
  /** Stable id, which picks the colour. */
  id: string;
  name: string;
  size?: "xs" | "s" | "m" | "l" | "xl";
  /** A room's kind instead of initials. */
  icon?: IconName;
  inactive?: boolean;
}

export function Avatar({ id, name, size = "m", icon, inactive }: AvatarProps) {
  const tone = inactive ? "avatar-gone" : `avatar-tone-${avatarTone(id)}`;
  return (
    <span
      aria-hidden
      className={`avatar avatar-${size} ${tone} ${icon ? "avatar-room" : ""}`}
      {...(icon ? {} : { "data-initials": initials(name) })}
    >
      {icon && <Icon name={icon} size={size === "xs" || size === "s" ? "s" : "m"} />}
    </span>
  );
}
