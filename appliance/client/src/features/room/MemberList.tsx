import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useState } from "react";

import { agencyOfPerson, spellingsOf } from "#core/naming";
import type { MemberView } from "#core/protocol";
import type { PersonId, RoomSnapshot } from "#core/snapshots";
import { namedLike } from "#core/text";
import { deniedText } from "#i18n/reasons";
import { Avatar } from "#ui/Avatar";
import { Chip } from "#ui/Badge";
import { Button, IconButton } from "#ui/Button";
import { ActionMenu } from "#ui/Menu";
import { NamedText } from "#ui/Name";
import { nameOf, placeOf } from "#ui/names";
import { Row } from "#ui/Row";
import { SearchField } from "#ui/SearchField";

import type { RoomDialog } from "./RoomDialogs";

interface MemberListProps {
  room: RoomSnapshot;
  members: readonly MemberView[];
  me: PersonId;
  onPerson: (id: PersonId) => void;
  onDialog: (dialog: RoomDialog) => void;
}

const FIRST = 30;
const SEARCH_FROM = 12;

/** The members by name; the owner hands over or removes from here. */
export function MemberList({ room, members, me, onPerson, onDialog }: MemberListProps) {
  const { t } = useLingui();
  const [query, setQuery] = useState("");
  const [all, setAll] = useState(false);
  const found = namedLike(members, query, spellingsOf);
  const shown = all || query.trim() !== "" ? found : found.slice(0, FIRST);
  const rest = found.length - shown.length;
  return (
    <div className="member-list">
      {members.length >= SEARCH_FROM && <SearchField label={t`ค้นหาสมาชิก`} clearLabel={t`ล้างคำค้น`} value={query} onChange={setQuery} />}
      <ul>
        {shown.map((member) => {
          const name = nameOf(member);
          return (
            <li key={member.person} className="member-item">
              <Row
                lead={<Avatar id={member.person} name={name} size="s" inactive={member.active === false} />}
                title={<NamedText text={member.person === me ? t`${name} (ท่าน)` : name} names={[name]} />}
                detail={[placeOf(member), agencyOf(room, member)].filter(Boolean).join(" · ") || undefined}
                status={member.status}
                onPress={() => onPerson(member.person)}
                end={<MemberEnd room={room} member={member} me={me} onDialog={onDialog} />}
              />
            </li>
          );
        })}
      </ul>
      {rest > 0 && (
        <Button variant="quiet" block onPress={() => setAll(true)}>
          {plural(rest, { other: "แสดงอีก # คน" })}
        </Button>
      )}
      {found.length === 0 && (
        <p className="room-hint">
          <Trans>ไม่พบสมาชิกที่ตรงกับคำค้น</Trans>
        </p>
      )}
    </div>
  );
}

/** The agency of a member of another one; nothing for the reader's own people. */
function agencyOf({ view }: RoomSnapshot, { person }: MemberView): string {
  const slug = agencyOfPerson(person);
  const agency = view.agencies?.find(({ id }) => id === slug);
  return agency === undefined ? (slug ?? "") : nameOf(agency);
}

function MemberEnd({ room, member, me, onDialog }: { room: RoomSnapshot; member: MemberView; me: PersonId; onDialog: (dialog: RoomDialog) => void }) {
  const { t } = useLingui();
  if (member.person === room.view.owner) return <Chip icon="owner" tone="accent">{t`เจ้าของห้อง`}</Chip>;
  if (room.view.owner !== me || room.view.closed === true) return null;
  const name = nameOf(member);
  return (
    <ActionMenu
      label={t`การจัดการ ${name}`}
      trigger={<IconButton icon="more" size="s" label={t`การจัดการ ${name}`} />}
      actions={[
        {
          id: "transfer",
          icon: "transfer",
          label: t`มอบสิทธิ์เจ้าของห้องให้บุคคลนี้`,
          denied: deniedText(room.denied["transfer"]),
          onAction: () => onDialog({ kind: "transfer", to: member }),
        },
        {
          id: "remove",
          icon: "removePerson",
          label: t`นำออกจากห้อง`,
          danger: true,
          denied: deniedText(room.denied["remove"]),
          onAction: () => onDialog({ kind: "remove", member }),
        },
      ]}
    />
  );
}
