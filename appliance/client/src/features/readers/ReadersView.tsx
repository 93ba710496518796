/** Who has read a message, with times, and who has not yet: two lists of names under two tabs. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import type { Readers } from "#core/protocol";
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
      {state.kind === "loading" && <Loading label={t`กำลังโหลดรายชื่อ`} />}
      {state.kind === "failed" && (
        <div className="readers-failed">
          <FailureNotice failure={state.failure} />
          <Button icon="refresh" onPress={() => void model.load()}>
            <Trans>ลองใหม่</Trans>
          </Button>
        </div>
      )}
      {state.kind === "loaded" && <Lists readers={state.readers} onPerson={onPerson} />}
    </Panel>
  );
}

function Lists({ readers, onPerson }: { readers: Readers; onPerson: (id: string) => void }) {
  const { t } = useLingui();
  const [tab, setTab] = useState<"read" | "unread">("read");
  const [read, unread] = [formatNumber(readers.read.length), formatNumber(readers.unread.length)];
  return (
    <>
      <p className="visually-hidden" role="status">
        {plural(readers.read.length, { other: "อ่านแล้ว # คน" })} {plural(readers.unread.length, { other: "ยังไม่อ่าน # คน" })}
      </p>
      <Tabs
        label={t`ผู้อ่านข้อความ`}
        selected={tab}
        onSelect={setTab}
        tabs={[
          { id: "read", label: t`อ่านแล้ว ${read}`, content: <ReadList readers={readers} onPerson={onPerson} /> },
          { id: "unread", label: t`ยังไม่อ่าน ${unread}`, content: <UnreadList readers={readers} onPerson={onPerson} /> },
        ]}
      />
    </>
  );
}

function ReadList({ readers, onPerson }: { readers: Readers; onPerson: (id: string) => void }) {
  const { t } = useLingui();
  if (readers.read.length === 0) return <EmptyState icon="eyeOff" title={t`ยังไม่มีผู้อ่าน`} />;
  return (
    <ul className="readers-list">
      {readers.read.map((reader) => (
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
  );
}

function UnreadList({ readers, onPerson }: { readers: Readers; onPerson: (id: string) => void }) {
  const { t } = useLingui();
  if (readers.unread.length === 0) return <EmptyState icon="checkAll" title={t`อ่านครบทุกคนแล้ว`} />;
  return (
    <ul className="readers-list">
      {readers.unread.map((person) => (
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
  );
}
