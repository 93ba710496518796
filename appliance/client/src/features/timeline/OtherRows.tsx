/** The rows that are no message: days, the «new messages» line, what happened to the room, and what is not sent yet. */
import { Trans, useLingui } from "@lingui/react/macro";
import { memo } from "react";

import type { Delivery, NoticeItem, PendingItem } from "#core/snapshots";
import { formatDate, formatDay, formatLongDay, formatTime } from "#i18n/dates";
import { noticeText } from "#i18n/notices";
import { reasonText } from "#i18n/reasons";
import { Button } from "#ui/Button";
import { Icon } from "#ui/Icon";
import { PersonAvatar } from "#ui/Person";
import { Time } from "#ui/Time";
import { ToolButton } from "#ui/ToolButton";
import { useLocale } from "#ui/useLocale";
import { useReadable } from "#ui/useReadable";

import { MessageText } from "./MessageText";
import { QuoteWords, type RowActions } from "./MessageRow";
import type { TimelineModel } from "./TimelineModel";

export const DayRow = memo(function DayRow({ at, now }: { at: number; now: number }) {
  useLocale();
  return (
    <div className="line-row" role="separator" aria-label={formatLongDay(at)}>
      <span className="line-label">{formatDay(at, now)}</span>
    </div>
  );
});

export const UnreadRow = memo(function UnreadRow() {
  const { t } = useLingui();
  return (
    <div className="line-row line-unread" role="separator" aria-label={t`ข้อความใหม่`}>
      <span className="line-label">
        <Trans>ข้อความใหม่</Trans>
      </span>
    </div>
  );
});

interface ClearedRowProps {
  at: number;
  onSearch: () => void;
  onUncover: () => void;
}

/** The reader cleared what came before: it is kept, so it can be searched, and shown again. */
export const ClearedRow = memo(function ClearedRow({ at, onSearch, onUncover }: ClearedRowProps) {
  const { t } = useLingui();
  const day = formatDate(at);
  return (
    <div className="cleared-row" role="note">
      <p>{t`ท่านล้างการสนทนานี้เมื่อ ${day}`}</p>
      <div className="cleared-ways">
        <Button icon="search" onPress={onSearch}>
          <Trans>ค้นหาข้อความเดิม</Trans>
        </Button>
        <Button icon="history" variant="quiet" onPress={onUncover}>
          <Trans>แสดงข้อความเดิมอีกครั้ง</Trans>
        </Button>
      </div>
    </div>
  );
});

interface NoticeRowProps {
  item: NoticeItem;
  model: TimelineModel;
  tabStop: boolean;
}

export const NoticeRow = memo(function NoticeRow({ item, model, tabStop }: NoticeRowProps) {
  useLocale();
  useReadable(model.person(item.sender ?? model.me));
  return (
    <div className="notice-row" data-row={item.key} tabIndex={tabStop ? 0 : -1}>
      <p>
        {noticeText(item.notice, item.sender, model.nameOf, model.me)}{" "}
        <Time at={item.at} className="notice-time">
          {formatTime(item.at)}
        </Time>
      </p>
    </div>
  );
});

interface PendingRowProps {
  item: PendingItem;
  head: boolean;
  model: TimelineModel;
  actions: RowActions;
  tabStop: boolean;
  chosen: boolean;
}

/** One of our own on its way: what waits can be taken back, and a failure says why and offers every way out (C3). */
export const PendingRow = memo(function PendingRow({ item, head, model, actions, tabStop, chosen }: PendingRowProps) {
  const { t } = useLingui();
  const buttonTab = tabStop ? 0 : -1;
  const me = useReadable(model.person(model.me));
  return (
    <article
      className={`msg msg-mine msg-pending ${head ? "msg-head" : ""} ${chosen ? "msg-chosen" : ""}`}
      data-row={item.key}
      tabIndex={tabStop ? 0 : -1}
      aria-keyshortcuts="Enter ContextMenu"
    >
      <div className="msg-gutter">{head && <PersonAvatar id={model.me} card={model.person(model.me)} />}</div>
      <div className="msg-main">
        {head ? (
          <header className="msg-header">
            <span className="msg-author">{me?.name ?? "…"}</span>
          </header>
        ) : (
          <span className="visually-hidden">{me?.name}</span>
        )}
        {item.reply && (
          <div className="msg-quote">
            <Icon name="reply" size="s" />
            <QuoteWords quote={item.reply} model={model} />
          </div>
        )}
        <MessageText id={`t-${item.txnId}`} text={item.text} mentions={item.mentions} everyone={item.everyone} model={model} />
        {item.delivery.kind === "failed" && <Failed item={item} delivery={item.delivery} model={model} />}
      </div>
      <div className="msg-side">
        <DeliveryMark delivery={item.delivery} />
        <div className="msg-tools">
          {item.delivery.kind === "waiting" && (
            <>
              {!item.tried && <ToolButton icon="edit" label={t`แก้ไข`} tabIndex={buttonTab} onPress={() => actions.editUnsent(item)} />}
              <ToolButton icon="retract" label={t`ยกเลิกการส่ง`} tabIndex={buttonTab} onPress={() => actions.cancelUnsent(item)} />
            </>
          )}
          <ToolButton icon="more" label={t`ตัวเลือกของข้อความนี้`} tabIndex={buttonTab} hasPopup onPress={(button) => actions.openMenu(item, button)} />
        </div>
      </div>
    </article>
  );
});

function DeliveryMark({ delivery }: { delivery: Delivery }) {
  switch (delivery.kind) {
    case "waiting":
      return (
        <span className="msg-delivery">
          <Icon name="waiting" size="s" />
          <Trans>รอส่ง</Trans>
        </span>
      );
    case "sending":
      return (
        <span className="msg-delivery">
          <Icon name="send" size="s" />
          <Trans>กำลังส่ง</Trans>
        </span>
      );
    case "failed":
      return (
        <span className="msg-delivery msg-delivery-failed">
          <Icon name="error" size="s" />
          <Trans>ส่งไม่สำเร็จ</Trans>
        </span>
      );
  }
}

function Failed({ item, delivery, model }: { item: PendingItem; delivery: Extract<Delivery, { kind: "failed" }>; model: TimelineModel }) {
  return (
    <div className="msg-failed" role="alert">
      <p>{reasonText(delivery.code, delivery.message)}</p>
      <Button icon="refresh" onPress={() => model.retrySend(item.txnId)}>
        <Trans>ส่งอีกครั้ง</Trans>
      </Button>
      <Button icon="retract" variant="quiet" onPress={() => model.removeUnsent(item.txnId)}>
        <Trans>ลบ</Trans>
      </Button>
    </div>
  );
}
