/** «คำขอ»: what waits for the reader, what they asked, and the rooms they were taken off; answered here, in any room. */
import { Trans, useLingui } from "@lingui/react/macro";
import { type ReactNode, useEffect, useState } from "react";

import type { Departure, MyRequest } from "#core/protocol";
import type { PersonId, RoomId } from "#core/snapshots";
import { formatDateTime } from "#i18n/dates";
import { departureText } from "#i18n/notices";
import { Chip } from "#ui/Badge";
import { FailureNotice } from "#ui/Failure";
import { Name } from "#ui/Name";
import { inPageLanguage, nameOf } from "#ui/names";
import { EmptyState } from "#ui/Notice";
import { Panel, PanelSection } from "#ui/Panel";
import { useReadable } from "#ui/useReadable";

import { LeftDraft } from "./LeftDraft";
import { LeftReason } from "./LeftReason";
import { MoreRequests, RequestState, SuggestedNames, WaitingRequests } from "./OwnerRequests";
import { departureKey, type RequestsModel } from "./RequestsModel";
import { DeclineDialog } from "./RoomDialogs";
import "./room.css";

interface RequestsViewProps {
  model: RequestsModel;
  /** Profile photographs to judge, and why the reader's own was refused. */
  photos: ReactNode;
  refusal: ReactNode;
  hasPhotos: boolean;
  leave: { icon: "back" | "close"; label: string; onPress: () => void };
  hrefOf: (room: RoomId) => string;
  onPerson: (id: PersonId) => void;
}

export function RequestsView({ model, photos, refusal, hasPhotos, leave, hrefOf, onPerson }: RequestsViewProps) {
  const { t } = useLingui();
  const { waiting, mine, answered, departures, more, fresh } = useReadable(model);
  const attempt = useReadable(model.attempt);
  const reading = useReadable(model.reading);
  const [declining, setDeclining] = useState<MyRequest | null>(null);
  useEffect(() => model.start(), [model]);
  const failure = attempt.failure ?? reading.failure;
  const empty = waiting.length + mine.length + answered.length + departures.length === 0 && !hasPhotos && refusal === null;
  return (
    <Panel label={t`คำขอ`} title={<Trans>คำขอ</Trans>} leave={leave} className="requests">
      {declining === null && failure !== null && (
        <div className="room-failure">
          <FailureNotice failure={failure} />
        </div>
      )}
      {empty && (
        <EmptyState icon="inbox" title={t`ยังไม่มีคำขอ`}>
          <Trans>คำขอที่รอท่าน คำตอบถึงท่าน และห้องที่มีผู้นำท่านออก จะอยู่ที่นี่</Trans>
        </EmptyState>
      )}
      {photos}
      {refusal}
      <WaitingRequests
        requests={waiting}
        model={model}
        onDecline={setDeclining}
        onPerson={onPerson}
        place={(request) => <Place request={request} model={model} hrefOf={hrefOf} />}
      />
      {departures.length > 0 && (
        <PanelSection title={t`ห้องที่มีผู้นำท่านออก`}>
          <ul className="request-list">
            {departures.map((departure) => (
              <DepartureCard key={departureKey(departure)} departure={departure} fresh={fresh.has(departureKey(departure))} model={model} />
            ))}
          </ul>
        </PanelSection>
      )}
      {mine.length > 0 && (
        <PanelSection title={t`คำขอของท่าน`}>
          <ul className="request-list">
            {mine.map((request) => (
              <li key={request.id} className="request">
                <p className="request-name">
                  {request.kind === "removal" ? t`ขอออกจากห้อง` : t`เสนอชื่อสมาชิก`} {fresh.has(request.id) && <Chip tone="accent">{t`ใหม่`}</Chip>}
                </p>
                <Place request={request} model={model} hrefOf={hrefOf} />
                <RequestState request={request} model={model} />
              </li>
            ))}
          </ul>
        </PanelSection>
      )}
      {answered.length > 0 && (
        <PanelSection title={t`ตอบแล้วในช่วง 30 วันที่ผ่านมา`}>
          <ul className="request-list">
            {answered.map((request) => (
              <Answered key={request.id} request={request} model={model} hrefOf={hrefOf} />
            ))}
          </ul>
        </PanelSection>
      )}
      <MoreRequests more={more} model={model} />
      {declining !== null && <DeclineDialog model={model} request={declining} onClose={() => setDeclining(null)} />}
    </Panel>
  );
}

/** The room a request was made in; a way there for who is in it. */
function Place({ request, model, hrefOf }: { request: MyRequest; model: RequestsModel; hrefOf: (room: RoomId) => string }) {
  const { room, room_name: name } = request;
  const inside = useReadable(model.room(room)) !== null;
  if (typeof name !== "string") return null;
  const words = <Trans>ห้อง “{name}”</Trans>;
  return <p className="room-hint">{inside ? <a href={hrefOf(room)}>{words}</a> : words}</p>;
}

/** What was asked and answered, with the words of both: the owner reads later what the asker reads. */
function Answered({ request, model, hrefOf }: { request: MyRequest; model: RequestsModel; hrefOf: (room: RoomId) => string }) {
  const { reason, note } = request;
  const when = formatDateTime(request.answered ?? request.asked);
  const who = inPageLanguage(request.answered_by_name, request.answered_by_name_en) ?? "";
  return (
    <li className="request">
      <p className="request-name">
        <Name>{nameOf(request)}</Name>
      </p>
      <Place request={request} model={model} hrefOf={hrefOf} />
      <p className="room-hint">
        {request.kind === "removal" ? <Trans>ขอออกจากห้อง</Trans> : <Trans>เสนอชื่อสมาชิก</Trans>}
        {" · "}
        {request.state === "refused" ? (
          <Trans>{who} ไม่อนุมัติ เมื่อ {when}</Trans>
        ) : (
          <Trans>{who} อนุมัติแล้ว เมื่อ {when}</Trans>
        )}
      </p>
      <SuggestedNames request={request} />
      {reason && (
        <p className="request-reason">
          <Trans>เหตุผลของผู้ขอ: {reason}</Trans>
        </p>
      )}
      {note && (
        <p className="request-reason">
          <Trans>ข้อความถึงผู้ขอ: {note}</Trans>
        </p>
      )}
    </li>
  );
}

function DepartureCard({ departure, fresh, model }: { departure: Departure; fresh: boolean; model: RequestsModel }) {
  const { t } = useLingui();
  const draft = useReadable(model.draft(departure.room));
  return (
    <li className="request">
      <p>
        {departureText(departure, inPageLanguage(departure.by_name, departure.by_name_en))} {fresh && <Chip tone="accent">{t`ใหม่`}</Chip>}
      </p>
      {departure.reason && <LeftReason reason={departure.reason} />}
      <LeftDraft text={draft.text} onDiscard={() => model.discard(departure.room)} />
    </li>
  );
}
