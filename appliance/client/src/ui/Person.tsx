/** People by name, filled in when the core learns who they are. */
import { Trans } from "@lingui/react/macro";

import type { PersonCard } from "#core/snapshots";
import type { Readable } from "#core/store";

import { Avatar } from "./Avatar";
import { useReadable } from "./useReadable";

interface PersonProps {
  /** From `core.people.person(id)`; null until known. */
  card: Readable<PersonCard | null>;
}

export function PersonName({ card }: PersonProps) {
  const person = useReadable(card);
  return person ? <span>{person.name}</span> : <span className="person-unknown">…</span>;
}

/** Name, post and unit on two lines. */
export function PersonLine({ card }: PersonProps) {
  const person = useReadable(card);
  if (!person) return <span className="person-unknown">…</span>;
  const detail = [person.post, person.unit].filter(Boolean).join(" · ");
  return (
    <span className="row-words">
      <span className="row-title">
        {person.name}
        {!person.active && (
          <span className="person-inactive">
            {" "}
            <Trans>(ไม่เปิดใช้งาน)</Trans>
          </span>
        )}
      </span>
      {detail && <span className="row-detail">{detail}</span>}
    </span>
  );
}

export function PersonAvatar({ id, card, size }: PersonProps & { id: string; size?: "xs" | "s" | "m" | "l" | "xl" }) {
  const person = useReadable(card);
  return <Avatar id={id} name={person?.name ?? ""} inactive={person?.active === false} {...(size ? { size } : {})} />;
}
