/** The rows that are no message: days, the «new messages» line, what happened to the room, and what is not sent yet. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { memo, useMemo, useState } from "react";

import { derived } from "#core/derived";
import { isStuck, wayOut } from "#core/fileFailures";
import type { Delivery, NoticeItem, PendingItem, PersonId } from "#core/snapshots";
import { formatDate, formatDay, formatLongDay, formatTime } from "#i18n/dates";
import { namesLeftOut, noticeText, SHOWN_NAMES } from "#i18n/notices";
import { reasonText } from "#i18n/reasons";
import { browserFile, fileName } from "#platform/localFiles";
import { AttachedFile, type FileVerbs } from "#ui/AttachedFile";
import { Button } from "#ui/Button";
import { Icon } from "#ui/Icon";
import { Name, NamedText } from "#ui/Name";
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

/** Whom a notice names: an English page asks for those whom the log has in Thai alone. */
function concernedBy({ sender, notice }: NoticeItem, whole: boolean): readonly PersonId[] {
  const people = "people" in notice ? notice.people.slice(0, whole ? undefined : SHOWN_NAMES).map(({ p }) => p) : "to" in notice ? [notice.to] : [];
  return sender === null ? people : [sender, ...people];
}

interface NoticeRowProps {
  item: NoticeItem;
  model: TimelineModel;
  tabStop: boolean;
}

export const NoticeRow = memo(function NoticeRow({ item, model, tabStop }: NoticeRowProps) {
  useLocale();
  const [whole, setWhole] = useState(false);
  const cards = useMemo(() => concernedBy(item, whole).map((id) => model.person(id)), [item, model, whole]);
  useReadable(useMemo(() => derived(cards, () => cards.map((card) => card.snapshot()?.name)), [cards]));
  const named: string[] = [];
  const nameOf = (id: string, logged?: string | null): string => {
    const name = model.nameOf(id, logged);
    named.push(name);
    return name;
  };
  const text = noticeText(item.notice, item.sender, nameOf, model.me, whole);
  return (
    <div className="notice-row" data-row={item.key} tabIndex={tabStop ? 0 : -1}>
      <p>
        <NamedText text={text} names={named} />{" "}
        {namesLeftOut(item.notice) && (
          <button type="button" className="notice-names" tabIndex={tabStop ? 0 : -1} aria-expanded={whole} onClick={() => setWhole(!whole)}>
            {whole ? <Trans>ย่อรายชื่อ</Trans> : <Trans>แสดงทุกคน</Trans>}
          </button>
        )}{" "}
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
            <span className="msg-author">
              <Name>{me?.name ?? "…"}</Name>
            </span>
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
        {item.text !== "" && <MessageText id={`t-${item.txnId}`} text={item.text} mentions={item.mentions} everyone={item.everyone} model={model} />}
        {item.files.length > 0 && <UnsentFiles item={item} model={model} tabIndex={buttonTab} />}
        {item.delivery.kind === "failed" && <Failed item={item} delivery={item.delivery} model={model} onEdit={() => actions.editUnsent(item)} />}
      </div>
      <div className="msg-side">
        <DeliveryMark delivery={item.delivery} model={model} />
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

/** The files of a message that waits, with how far each is. */
function UnsentFiles({ item, model, tabIndex }: { item: PendingItem; model: TimelineModel; tabIndex: number }) {
  const [notSame, setNotSame] = useState(false);
  const chooseAgain = async (id: string, file: File) => {
    const chosen = await browserFile(file, fileName(file.name, file.name));
    setNotSame(!(await model.unsentFiles.chooseAgain(id, chosen)));
  };
  const verbs: FileVerbs = { ...model.unsentFiles, chooseAgain: (id, file) => void chooseAgain(id, file), remove: null, setOriginal: null };
  return (
    <ul className="msg-unsent-files">
      {item.files.map((file) => (
        <li key={file.id}>
          <AttachedFile file={file} verbs={verbs} tabIndex={tabIndex} />
        </li>
      ))}
      {notSame && (
        <li role="alert" className="msg-not-same">
          <Trans>ไม่ใช่ไฟล์เดิม โปรดเลือกไฟล์ที่มีชื่อและขนาดเดียวกัน</Trans>
        </li>
      )}
    </ul>
  );
}

function DeliveryMark({ delivery, model }: { delivery: Delivery; model: TimelineModel }) {
  const { t } = useLingui();
  switch (delivery.kind) {
    case "waiting":
      return (
        <span className="msg-delivery">
          <Icon name="waiting" size="s" />
          <Trans>รอส่ง</Trans>
        </span>
      );
    case "elsewhere": {
      const agency = model.agencyName(delivery.agency);
      return (
        <span className="msg-delivery">
          <Icon name="waiting" size="s" />
          {t`รอ ${agency}`}
        </span>
      );
    }
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

interface FailedProps {
  item: PendingItem;
  delivery: Extract<Delivery, { kind: "failed" }>;
  model: TimelineModel;
  onEdit: () => void;
}

/** Why it was not sent and the one way on: a second try, or another version where a second try changes nothing. */
function Failed({ item, delivery, model, onEdit }: FailedProps) {
  const stuck = item.files.filter(isStuck).length;
  const mayEdit = !item.tried && wayOut(delivery.code) !== "again";
  return (
    <div className="msg-failed" role="alert">
      {/* Each file says its own reason. */}
      <p>{stuck > 0 ? plural(stuck, { other: "ข้อความนี้ยังไม่ส่ง เพราะมี # ไฟล์ที่ส่งไม่ได้" }) : reasonText(delivery.code, delivery.message)}</p>
      {mayEdit ? (
        <Button icon="edit" onPress={onEdit}>
          <Trans>แก้ไข</Trans>
        </Button>
      ) : (
        <Button icon="refresh" onPress={() => model.retrySend(item.txnId)}>
          <Trans>ส่งอีกครั้ง</Trans>
        </Button>
      )}
      <Button icon="retract" variant="quiet" onPress={() => void model.removeUnsent(item.txnId)}>
        <Trans>ลบ</Trans>
      </Button>
    </div>
  );
}
