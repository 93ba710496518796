/** One room of the list: who or what, the last thing said, when, and how much is unread. */
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { memo } from "react";

import type { RoomSummary, TimelineItem } from "#core/snapshots";
import { Store } from "#core/store";
import { formatListTime } from "#i18n/dates";
import { noticeText } from "#i18n/notices";
import { kindText } from "#i18n/roomKinds";
import { Avatar } from "#ui/Avatar";
import { Badge } from "#ui/Badge";
import { Icon } from "#ui/Icon";
import { Time } from "#ui/Time";
import { useReadable } from "#ui/useReadable";

import type { RoomListModel } from "./RoomListModel";

interface RoomRowProps {
  room: RoomSummary;
  model: RoomListModel;
  now: number;
  href: string;
  current: boolean;
  tabStop: boolean;
}

const NOBODY = new Store(null);

export const RoomRow = memo(function RoomRow({ room, model, now, href, current, tabStop }: RoomRowProps) {
  const { t } = useLingui();
  const other = useReadable(room.other === null ? NOBODY : model.person(room.other));
  const title = room.title ?? other?.name ?? "…";
  const fresh = room.unread > 0 || room.marked;
  return (
    <li>
      <a
        href={href}
        data-roving
        className={`room-row ${fresh ? "room-row-fresh" : ""}`}
        tabIndex={tabStop ? 0 : -1}
        {...(current ? { "aria-current": "page" as const } : {})}
      >
        {room.other === null ? <Avatar id={room.id} name={title} icon="group" size="l" /> : <Avatar id={room.other} name={title} size="l" />}
        <span className="room-row-words">
          <span className="room-row-top">
            <span className="room-row-title">{title}</span>
            <span className="visually-hidden">{kindText(room.kind)}</span>
            {room.closed && <Icon name="lock" size="s" label={t`ห้องปิดแล้ว`} />}
            {room.muted && <Icon name="bellOff" size="s" label={t`ปิดเสียงแจ้งเตือน`} />}
            <Time at={room.at} className="room-row-time">
              {formatListTime(room.at, now)}
            </Time>
          </span>
          <span className="room-row-bottom">
            <Preview last={room.last} direct={room.other !== null} model={model} />
            {room.mentions > 0 && <Icon name="at" size="s" label={t`มีข้อความกล่าวถึงท่าน`} />}
            <UnreadBadge room={room} />
          </span>
        </span>
      </a>
    </li>
  );
});

function UnreadBadge({ room }: { room: RoomSummary }) {
  const { t } = useLingui();
  if (room.unread === 0 && room.marked) {
    return (
      <span className="room-row-dot">
        <span className="visually-hidden">{t`ทำเครื่องหมายว่ายังไม่อ่าน`}</span>
      </span>
    );
  }
  return <Badge count={room.unread} quiet={room.muted} label={plural(room.unread, { other: "ยังไม่อ่าน # ข้อความ" })} />;
}

function Preview({ last, direct, model }: { last: TimelineItem | null; direct: boolean; model: RoomListModel }) {
  const { t } = useLingui();
  const sender = useReadable(last?.sender ? model.person(last.sender) : NOBODY);
  if (last === null) return <span className="room-row-preview">{t`ยังไม่มีข้อความ`}</span>;
  return <span className="room-row-preview">{previewText()}</span>;

  function previewText(): string {
    if (last === null) return "";
    if (last.kind === "notice") return noticeText(last.notice, last.sender, (id) => model.nameOf(id));
    const text = last.hidden === null ? last.text.replace(/\s+/gu, " ") : hiddenText(last.hidden);
    if (last.mine) return t`ท่าน: ${text}`;
    const name = sender?.name;
    return direct || name === undefined ? text : `${name}: ${text}`;
  }

  function hiddenText(reason: string): string {
    return reason === "retracted" ? t`ข้อความถูกเรียกคืนแล้ว` : t`ข้อความนี้แสดงไม่ได้`;
  }
}
