/** Who has read a message, with times, and who has not yet: two lists of names under two tabs. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { type ReactNode, useCallback, useEffect, useState } from "react";

import type { Failure } from "#core/failure";
import type { Reader } from "#core/protocol";
import { formatDateTime, formatNumber } from "#i18n/dates";
import { Avatar } from "#ui/Avatar";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { Name } from "#ui/Name";
import { inPageLanguage, unitOf } from "#ui/names";
import { EmptyState, Loading } from "#ui/Notice";
import { Panel } from "#ui/Panel";
import { Row } from "#ui/Row";
import { Tabs } from "#ui/Tabs";
import { Time } from "#ui/Time";
import { useReadable } from "#ui/useReadable";
import { VirtualList } from "#ui/VirtualList";

import type { ListName, PeoplePart, ReaderLists } from "./readerLists";
import type { ReadersModel } from "./ReadersModel";
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
      <p className="readers-note">
        <Trans>
          ชื่อจะขึ้นใน “อ่านแล้ว” เมื่อข้อความนี้แสดงบนหน้าจอขณะที่ผู้นั้นใช้งานอยู่ พร้อมเวลาที่แสดงครั้งแรก ข้อความที่กดข้ามไปยังไม่นับว่าอ่าน
        </Trans>
      </p>
      {state.kind === "loading" && <Loading label={t`กำลังโหลดรายชื่อ`} />}
      {state.kind === "failed" && <Retry failure={state.failure} onPress={() => void model.load()} />}
      {state.kind === "loaded" && <Lists lists={state.lists} failure={state.failure} model={model} onPerson={onPerson} />}
    </Panel>
  );
}

interface ListsProps {
  lists: ReaderLists;
  failure: Failure | null;
  model: ReadersModel;
  onPerson: (id: string) => void;
}

function Lists({ lists, failure, model, onPerson }: ListsProps) {
  const { t } = useLingui();
  const [tab, setTab] = useState<ListName>("read");
  const [read, unread] = [formatNumber(lists.readCount), formatNumber(lists.unreadCount)];
  const shared = { failure, model, onPerson };
  const readList =
    lists.readCount === 0 ? (
      <EmptyState icon="eyeOff" title={t`ยังไม่มีผู้อ่าน`} />
    ) : (
      <People name="read" part={lists.read} total={lists.readCount} rowPx={68} {...shared} detailOf={(reader) => <ReadDetail {...reader} />} />
    );
  const unreadList =
    lists.unreadCount === 0 ? (
      <EmptyState icon="checkAll" title={t`อ่านครบทุกคนแล้ว`} />
    ) : (
      <People name="unread" part={lists.unread} total={lists.unreadCount} rowPx={52} {...shared} detailOf={unitOf} />
    );
  return (
    <>
      <p className="visually-hidden" role="status">
        {plural(lists.readCount, { other: "อ่านแล้ว # คน" })} {plural(lists.unreadCount, { other: "ยังไม่อ่าน # คน" })}
      </p>
      <Tabs
        label={t`ผู้อ่านข้อความ`}
        selected={tab}
        onSelect={setTab}
        tabs={[
          { id: "read", label: t`อ่านแล้ว ${read}`, content: readList },
          { id: "unread", label: t`ยังไม่อ่าน ${unread}`, content: unreadList },
        ]}
      />
    </>
  );
}

interface Named {
  readonly person: string;
  readonly name?: string | null;
  readonly name_en?: string | null;
}

interface PeopleProps<T extends Named> extends Omit<ListsProps, "lists"> {
  name: ListName;
  part: PeoplePart<T>;
  total: number;
  rowPx: number;
  detailOf: (person: T) => ReactNode;
}

function People<T extends Named>({ name, part, total, rowPx, failure, model, onPerson, detailOf }: PeopleProps<T>) {
  const { t } = useLingui();
  const more = useCallback(() => void model.loadMore(name), [model, name]);
  const coming = part.next === null ? null : <Loading label={t`กำลังโหลดรายชื่อ`} />;
  return (
    <VirtualList
      items={part.people}
      total={total}
      keyOf={(person) => person.person}
      rowPx={rowPx}
      onNearEnd={more}
      end={failure === null ? coming : <Retry failure={failure} onPress={more} />}
    >
      {(person) => {
        const name = inPageLanguage(person.name, person.name_en);
        return (
          <Row
            lead={<Avatar id={person.person} name={name ?? ""} size="s" />}
            title={<Name>{name ?? "…"}</Name>}
            detail={detailOf(person) ?? undefined}
            onPress={() => onPerson(person.person)}
          />
        );
      }}
    </VirtualList>
  );
}

function ReadDetail(reader: Reader) {
  const unit = unitOf(reader);
  return (
    <span className="readers-detail">
      <Time at={reader.at} className="readers-time">
        {formatDateTime(reader.at)}
      </Time>
      {unit !== null && <span>{unit}</span>}
    </span>
  );
}

function Retry({ failure, onPress }: { failure: Failure; onPress: () => void }) {
  return (
    <div className="readers-failed">
      <FailureNotice failure={failure} />
      <Button icon="refresh" onPress={onPress}>
        <Trans>ลองใหม่</Trans>
      </Button>
    </div>
  );
}
