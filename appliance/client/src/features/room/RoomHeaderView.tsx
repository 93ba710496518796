/** The head of a room: its name, kind and scope in words and icons, always visible (C20); and the way to its settings. */
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import type { Ref } from "react";

import { isCalledByOther, policyOf } from "#core/policy";
import { newsCount } from "#core/requests";
import type { News, PersonId, RoomSnapshot } from "#core/snapshots";
import { newsText } from "#i18n/notices";
import { kindText, scopeAndAgencies } from "#ui/roomKinds";
import { Badge, Chip } from "#ui/Badge";
import { IconButton } from "#ui/Button";
import { foreignLang } from "#ui/nameParts";
import { RoomAvatar, RoomIcon } from "#ui/RoomAvatar";
import { StatusLine } from "#ui/StatusLine";

import "./room.css";

interface RoomHeaderProps {
  room: RoomSnapshot;
  title: string;
  /** What the other person of a private chat says of themselves. */
  status: string | null;
  onBack: () => void;
  infoOpen: boolean;
  /** Null for a chat that has not begun: there is nothing to set. */
  onInfo: (() => void) | null;
  /** Null where there are none yet. */
  onFiles: (() => void) | null;
  /** Requests that wait for the reader here, and answers to theirs. */
  news: News;
  onPerson: (id: PersonId) => void;
  headingRef?: Ref<HTMLHeadingElement>;
}

export function RoomHeaderView({ room, title, status, onBack, infoOpen, onInfo, onFiles, news, onPerson, headingRef }: RoomHeaderProps) {
  const { t, i18n } = useLingui();
  const { view, other } = room;
  const told = newsText(news);
  const count = newsCount(news);
  return (
    <header className="room-head">
      <IconButton icon="back" label={t`กลับไปรายชื่อห้อง`} onPress={onBack} placement="bottom" className="room-head-back" />
      <RoomAvatar id={room.id} kind={view.kind} other={other} name={title} />
      <div className="room-head-words">
        <h2 className="room-head-title" tabIndex={-1} {...foreignLang(title, i18n.locale)} {...(headingRef === undefined ? {} : { ref: headingRef })}>
          {title}
        </h2>
        <div className="room-head-chips">
          <span className="room-head-facts">
            <RoomIcon kind={view.kind} />
            {[...(isCalledByOther(policyOf(view.kind)) ? [] : [plural(view.member_count, { other: "# คน" })]), kindText(view.kind), scopeAndAgencies(view)].join(" · ")}
          </span>
          {view.closed && (
            <Chip icon="lock" tone="warn">
              {t`ปิดแล้ว`}
            </Chip>
          )}
          {view.muted && <Chip icon="bellOff">{t`ปิดเสียง`}</Chip>}
        </div>
        {status && <StatusLine>{status}</StatusLine>}
      </div>
      {other !== null && <IconButton icon="person" label={t`ข้อมูลบุคคล`} onPress={() => onPerson(other)} placement="bottom" />}
      {onFiles !== null && <IconButton icon="image" label={t`ไฟล์ในห้อง`} onPress={onFiles} placement="bottom" className="room-head-files" />}
      {onInfo !== null && (
        <IconButton
          icon="info"
          label={count > 0 ? t`ข้อมูลและการตั้งค่าห้อง · ${told}` : t`ข้อมูลและการตั้งค่าห้อง`}
          onPress={onInfo}
          pressed={infoOpen}
          placement="bottom"
          badge={<Badge count={count} label={told} />}
        />
      )}
    </header>
  );
}
