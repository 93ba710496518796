/** Who has read a message, with times, and who has not yet: two lists of names under two tabs. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import { formatDateTime, formatNumber } from "#i18n/dates";
import { Avatar } from "#ui/Avatar";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { EmptyState, Loading } from "#ui/Notice";
import { Panel } from "#ui/Panel";
import { Row } from "#ui/Row";
import { Tabs } from "#ui/Tabs";
import { Time } from "#ui/Time";
import { useReadable } from "#ui/useReadable";

import type { ReaderLists, ReadersModel } from "./ReadersModel";
import "./readers.css";

interface ReadersViewProps {
  model: ReadersModel;
  leave: { icon: "back" | "close"; label: string; onPress: () => void };
  onPerson: (id: string) => void;
}

export function ReadersView({ model, leave, onPerson }: ReadersViewProps) {
  const { t } = useLingui();
  const { state, text } = useReadable(model);
  useEffect(() => model.start(), [model]);
  return (
    <Panel label={t`ผู้อ่านข้อความ`} title={<Trans>ผู้อ่านข้อความ</Trans>} leave={leave} className="readers">
      {text !== null && <blockquote className="readers-quote">{text}</blockquote>}
      {state.kind === "loading" && <Loading label={t`กำลังโหลดรายชื่อ`} />}
      {state.kind === "failed" && (
        <div className="readers-failed">
          <FailureNotice failure={state.failure} />
          <Button icon="refresh" onPress={() => void model.load()}>
            <Trans>ลองใหม่</Trans>
          </Button>
        </div>
      )}
      {state.kind === "loaded" && <Lists lists={state.lists} model={model} onPerson={onPerson} />}
    </Panel>
  );
}

interface ListProps {
  lists: ReaderLists;
  model: ReadersModel;
  onPerson: (id: string) => void;
}

function Lists({ lists, model, onPerson }: ListProps) {
  const { t } = useLingui();
  const [tab, setTab] = useState<"read" | "unread">("read");
  const [read, unread] = [formatNumber(lists.readCount), formatNumber(lists.unreadCount)];
  const select = (next: "read" | "unread") => {
    setTab(next);
    if (next === "unread" && lists.unread.length === 0) void model.loadMore("unread");
  };
  return (
    <>
      <p className="visually-hidden" role="status">
        {plural(lists.readCount, { other: "อ่านแล้ว # คน" })} {plural(lists.unreadCount, { other: "ยังไม่อ่าน # คน" })}
      </p>
      <Tabs
        label={t`ผู้อ่านข้อความ`}
        selected={tab}
        onSelect={select}
        tabs={[
          { id: "read", label: t`อ่านแล้ว ${read}`, content: <ReadList lists={lists} model={model} onPerson={onPerson} /> },
          { id: "unread", label: t`ยังไม่อ่าน ${unread}`, content: <UnreadList lists={lists} model={model} onPerson={onPerson} /> },
        ]}
      />
    </>
  );
}

function ReadList({ lists, model, onPerson }: ListProps) {
  const { t } = useLingui();
  if (lists.readCount === 0) return <EmptyState icon="eyeOff" title={t`ยังไม่มีผู้อ่าน`} />;
  return (
    <>
      <ul className="readers-list">
        {lists.read.map((reader) => (
          <li key={reader.person} className="readers-item">
            <Row
              lead={<Avatar id={reader.person} name={reader.name ?? ""} size="s" />}
              title={reader.name ?? "…"}
              detail={
                <>
                  <Time at={reader.at} className="readers-time">
                    {formatDateTime(reader.at)}
                  </Time>
                  {reader.unit != null && <span>{reader.unit}</span>}
                </>
              }
              onPress={() => onPerson(reader.person)}
            />
          </li>
        ))}
      </ul>
      {lists.readNext !== null && <More count={lists.readCount - lists.read.length} onPress={() => void model.loadMore("read")} />}
    </>
  );
}

function UnreadList({ lists, model, onPerson }: ListProps) {
  const { t } = useLingui();
  if (lists.unreadCount === 0) return <EmptyState icon="checkAll" title={t`อ่านครบทุกคนแล้ว`} />;
  return (
    <>
      <ul className="readers-list">
        {lists.unread.map((person) => (
          <li key={person.person} className="readers-item">
            <Row
              lead={<Avatar id={person.person} name={person.name ?? ""} size="s" />}
              title={person.name ?? "…"}
              detail={person.unit ?? undefined}
              onPress={() => onPerson(person.person)}
            />
          </li>
        ))}
      </ul>
      {lists.unreadNext !== null && <More count={lists.unreadCount - lists.unread.length} onPress={() => void model.loadMore("unread")} />}
    </>
  );
}

function More({ count, onPress }: { count: number; onPress: () => void }) {
  return (
    <Button variant="quiet" block onPress={onPress}>
      {plural(count, { other: "แสดงอีก # คน" })}
    </Button>
  );
}
