/**
 * A person or a room as a disc: the person's photograph, or initials by Thai grapheme on one of eight quiet colours.
 * Decorative: the name always stands beside it, so screen readers skip it; the initials are drawn, not written, and are
 * no part of what is copied or what speech control calls a link. The photograph lies over the initials, which stay where it
 * cannot be fetched, so that nothing moves.
 */
import { useState } from "react";

import { photoUrl } from "#core/photos";

import { avatarTone, initials, roomLetters } from "./initials";
import { usePhoto } from "./photoSource";
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

const SMALL_PIXELS = 96;
const LARGE_PIXELS = 512;

export function Avatar({ id, name, size = "m", room = false, inactive }: AvatarProps) {
  const photo = usePhoto(room || inactive ? null : id);
  const tone = inactive ? "avatar-gone" : `avatar-tone-${avatarTone(id)}`;
  return (
    <span
      aria-hidden
      className={`avatar avatar-${size} ${tone} ${room ? "avatar-room" : ""}`}
      data-initials={room ? roomLetters(name) : initials(name)}
    >
      {photo === null ? null : <Photo key={photo} address={photoUrl(id, photo, size === "xl" ? LARGE_PIXELS : SMALL_PIXELS)} />}
    </span>
  );
}

/** A square picture as a disc, over what it stands for; nothing where it cannot be fetched. */
export function Photo({ address }: { address: string }) {
  const [broken, setBroken] = useState(false);
  return broken ? null : <img className="avatar-photo" src={address} alt="" draggable={false} onError={() => setBroken(true)} />;
}
