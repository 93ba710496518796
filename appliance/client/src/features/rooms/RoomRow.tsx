/** One room of the list: who or what, the last thing said or begun, when, and how much is unread; and its menu. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { memo, type ReactNode } from "react";

import { isCalledByOther, policyOf } from "#core/policy";
import { newsCount, newsOf } from "#core/requests";
import type { RoomSummary } from "#core/snapshots";
import { Store } from "#core/store";
import { formatDate, formatListTime, formatNumber } from "#i18n/dates";
import { messageLine } from "#i18n/files";
import { newsText, noticeOnceNamed } from "#i18n/notices";
import { kindText } from "#ui/roomKinds";
import { Badge, Chip } from "#ui/Badge";
import { Icon } from "#ui/Icon";
import { givenName } from "#ui/initials";
import { foreignLang } from "#ui/nameParts";
import { RoomAvatar } from "#ui/RoomAvatar";
import { Time } from "#ui/Time";
import { ToolButton } from "#ui/ToolButton";
import { useReadable } from "#ui/useReadable";

import { hasMenu } from "./roomActions";
import { isFresh, type RoomListModel } from "./RoomListModel";

interface RoomRowProps {
  room: RoomSummary;
  model: RoomListModel;
  now: number;
  href: string;
  current: boolean;
  tabStop: boolean;
  onMenu: (room: RoomSummary, anchor: Element) => void;
}

const NOBODY = new Store(null);

export const RoomRow = memo(function RoomRow({ room, model, now, href, current, tabStop, onMenu }: RoomRowProps) {
  const { t, i18n } = useLingui();
  const other = useReadable(room.other === null ? NOBODY : model.person(room.other));
  const title = room.title ?? other?.name ?? "…";
  const news = newsOf(useReadable(model.requests), room.id);
  const count = newsCount(news);
  const fresh = isFresh(room) || count > 0;
  return (
    <li className="room-item" data-room={room.id}>
      <a
        href={href}
        data-roving
        className={`room-row ${fresh ? "room-row-fresh" : ""} ${hasMenu(room) ? "room-row-menued" : ""}`}
        tabIndex={tabStop ? 0 : -1}
        aria-keyshortcuts="ContextMenu"
        {...(current ? { "aria-current": "page" as const } : {})}
      >
        <RoomAvatar id={room.id} kind={room.kind} other={room.other} name={title} size="l" />
        <span className="room-row-words">
          <span className="room-row-top">
            <span className="room-row-title" {...foreignLang(title, i18n.locale)}>
              {title}
            </span>
            <span className="visually-hidden">{kindText(room.kind)}</span>
            {room.pinned && <Icon name="pin" size="s" label={t`ปักหมุด`} />}
            {room.closed && <Icon name="lock" size="s" label={t`ห้องปิดแล้ว`} />}
            {room.muted && <Icon name="bellOff" size="s" label={t`ปิดเสียงแจ้งเตือน`} />}
            <Time at={room.at} className="room-row-time">
              {formatListTime(room.at, now)}
            </Time>
          </span>
          <span className="room-row-bottom">
            <Preview room={room} current={current} model={model} />
            {room.mentions > 0 && <Icon name="at" size="s" label={t`มีข้อความกล่าวถึงท่าน`} />}
            {count > 0 && (
              <Chip icon="inbox" tone="warn" label={newsText(news)}>
                {formatNumber(count)}
              </Chip>
            )}
            <UnreadBadge room={room} />
          </span>
        </span>
      </a>
      {hasMenu(room) && (
        <span className="room-row-menu">
          <ToolButton icon="more" label={t`ตัวเลือกของ ${title}`} tabIndex={-1} hasPopup onPress={(button) => onMenu(room, button)} />
        </span>
      )}
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
  return <Badge count={room.unread} quiet={room.muted} label={plural(room.unread, { other: "ยังไม่อ่าน # รายการ" })} />;
}

/** What was begun and not sent, else the last thing said, else when the reader cleared it. */
function Preview({ room, current, model }: { room: RoomSummary; current: boolean; model: RoomListModel }) {
  const { t } = useLingui();
  const { last, clearedAt } = room;
  const draft = useReadable(model.draft(room.id)).text.trim().replace(/\s+/gu, " ");
  const sender = useReadable(last?.sender ? model.person(last.sender) : NOBODY);
  const newOwner = last?.kind === "notice" && "to" in last.notice ? last.notice.to : null;
  useReadable(newOwner === null ? NOBODY : model.person(newOwner));
  if (draft !== "" && !current) {
    return (
      <span className="room-row-preview">
        <span className="room-row-draft">{t`ร่าง:`}</span> <bdi>{draft}</bdi>
      </span>
    );
  }
  if (last === null && clearedAt !== null) {
    const day = formatDate(clearedAt);
    return <span className="room-row-preview">{t`ท่านล้างการสนทนานี้เมื่อ ${day}`}</span>;
  }
  if (last === null) return <span className="room-row-preview">{t`ยังไม่มีข้อความ`}</span>;
  return <span className="room-row-preview">{previewWords()}</span>;

  function givenNameOf(id: string, logged?: string | null): string | null {
    const name = model.nameOf(id, logged);
    return name === null ? null : givenName(name);
  }

  /** What was written stands in a `bdi`: it turns no direction but its own. */
  function previewWords(): ReactNode {
    if (last === null) return "";
    if (last.kind === "notice") return noticeOnceNamed(last.notice, last.sender, givenNameOf, model.me) ?? "\u00a0";
    const text = last.hidden === null ? messageLine(last.text, last.files).replace(/\s+/gu, " ") : hiddenText(last.hidden);
    const words = <bdi>{text}</bdi>;
    if (last.mine) return <Trans>ท่าน: {words}</Trans>;
    const name = sender?.name;
    if (isCalledByOther(policyOf(room.kind)) || name === undefined) return words;
    return (
      <>
        {givenName(name)}: {words}
      </>
    );
  }

  function hiddenText(reason: string): string {
    return reason === "retracted" ? t`ข้อความถูกเรียกคืนแล้ว` : t`ข้อความนี้แสดงไม่ได้`;
  }
}
