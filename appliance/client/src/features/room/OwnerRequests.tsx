/** What members ask of the owner (F34, F41): what waits for an answer, and each member's own two requests in a room. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import type { MyRequest } from "#core/protocol";
import { isWaiting } from "#core/requests";
import type { PersonId, RoomSnapshot } from "#core/snapshots";
import { formatDate, formatDateTime } from "#i18n/dates";
import { deniedText } from "#i18n/reasons";
import { Avatar } from "#ui/Avatar";
import { Button } from "#ui/Button";
import { Name } from "#ui/Name";
import { inPageLanguage, nameOf, placeOf } from "#ui/names";
import { Notice } from "#ui/Notice";
import { PanelSection } from "#ui/Panel";
import { Row } from "#ui/Row";
import { useReadable } from "#ui/useReadable";

import type { Answering } from "./RequestsModel";

interface WaitingProps {
  model: Answering;
  onDecline: (request: MyRequest) => void;
  onPerson: (id: PersonId) => void;
}

/** What waits for the reader's answer; nothing where nothing waits. `place` says where each was asked, for a list of all rooms. */
export function WaitingRequests({
  requests,
  place,
  ...answering
}: WaitingProps & { requests: readonly MyRequest[]; place?: (request: MyRequest) => ReactNode }) {
  const { t } = useLingui();
  if (requests.length === 0) return null;
  return (
    <PanelSection title={t`คำขอที่รอท่าน`}>
      <ul className="request-list">
        {requests.map((request) => (
          <WaitingCard key={request.id} request={request} place={place?.(request)} {...answering} />
        ))}
      </ul>
    </PanelSection>
  );
}

/** A request with its two answers. */
function WaitingCard({ request, model, onDecline, onPerson, place }: WaitingProps & { request: MyRequest; place: ReactNode }) {
  const { busy } = useReadable(model.attempt);
  const asked = formatDateTime(request.asked);
  const owner = inPageLanguage(request.owner_name, request.owner_name_en);
  return (
    <li className="request">
      <p className="request-name">
        <Name>{nameOf(request)}</Name>
      </p>
      <p className="room-hint">
        {request.kind === "removal" ? <Trans>ขอออกจากห้อง เมื่อ {asked}</Trans> : <Trans>เสนอชื่อสมาชิก เมื่อ {asked}</Trans>}
      </p>
      {place}
      {typeof request.escalated === "number" && (
        <p className="room-hint">
          <Trans>{owner} เจ้าของห้องยังไม่ตอบ ระบบจึงส่งต่อผู้ดูแลหน่วยงานแล้ว</Trans>
        </p>
      )}
      {request.reason && <p className="request-reason">{request.reason}</p>}
      <SuggestedPeople people={request.people ?? []} onPerson={onPerson} />
      <div className="request-buttons">
        <Button onPress={() => onDecline(request)}>
          <Trans>ไม่อนุมัติ</Trans>
        </Button>
        <Button variant="primary" isPending={busy} onPress={() => void model.answer(request, "granted", "")}>
          {request.kind === "removal" ? <Trans>อนุญาตให้ออก</Trans> : plural(request.people?.length ?? 0, { other: "เพิ่ม # คน" })}
        </Button>
      </div>
    </li>
  );
}

function SuggestedPeople({ people, onPerson }: { people: NonNullable<MyRequest["people"]>; onPerson: (id: PersonId) => void }) {
  const { t } = useLingui();
  if (people.length === 0) return null;
  return (
    <ul className="request-people" aria-label={t`ผู้ที่ถูกเสนอชื่อ`}>
      {people.map((suggested) => (
        <li key={suggested.person}>
          <Row
            lead={<Avatar id={suggested.person} name={nameOf(suggested)} size="s" />}
            title={<Name>{nameOf(suggested)}</Name>}
            detail={placeOf(suggested) || undefined}
            onPress={() => onPerson(suggested.person)}
          />
        </li>
      ))}
    </ul>
  );
}

interface OwnRequestProps {
  room: RoomSnapshot;
  mine: MyRequest | null;
  model: Answering;
  /** Server time: whether one may ask again. */
  now: number;
  onAsk: () => void;
}

/** Whether the time from which one may ask again, which the request itself says, is still to come. */
const isTooSoon = (mine: MyRequest | null, now: number): boolean => (mine?.repeats ?? 0) > now;

/** After a refusal others may be suggested at once; after a withdrawal nobody, for a day. */
export function MySuggestion({ room, mine, model, now, onAsk }: OwnRequestProps) {
  const { t } = useLingui();
  const tooSoon = mine?.state === "withdrawn" && isTooSoon(mine, now);
  return (
    <PanelSection title={t`เสนอชื่อสมาชิก`}>
      <p className="room-hint">
        <Trans>เฉพาะเจ้าของห้องเพิ่มสมาชิกได้ ท่านเสนอชื่อให้เจ้าของห้องพิจารณาได้</Trans>
      </p>
      {mine !== null && <RequestState request={mine} model={model} />}
      {!tooSoon && (
        <Button icon="addPerson" onPress={onAsk} denied={deniedText(pendingCode(mine) ?? room.denied["suggest"])}>
          <Trans>เสนอชื่อสมาชิก</Trans>
        </Button>
      )}
    </PanelSection>
  );
}

/** The way out. While a refusal or a withdrawal stands, the request says from when one may ask again, and there is no button. */
export function MyRemoval({ room, mine, model, now, onAsk }: OwnRequestProps) {
  const { t } = useLingui();
  return (
    <PanelSection title={t`ขอออกจากห้อง`}>
      <p className="room-hint">
        <Trans>สมาชิกออกจากห้องเองไม่ได้ แต่ขออนุญาตเจ้าของห้องได้</Trans>
      </p>
      {mine !== null && <RequestState request={mine} model={model} />}
      {!isTooSoon(mine, now) && (
        <Button icon="removePerson" onPress={onAsk} denied={deniedText(pendingCode(mine) ?? room.denied["ask_removal"])}>
          <Trans>ขอออกจากห้อง</Trans>
        </Button>
      )}
    </PanelSection>
  );
}

function pendingCode(mine: MyRequest | null): string | undefined {
  return mine !== null && isWaiting(mine) ? "request_pending" : undefined;
}

/** The server has more than what is listed. */
export function MoreRequests({ more, model }: { more: boolean; model: Answering }) {
  const { busy } = useReadable(model.reading);
  if (!more) return null;
  return (
    <div className="request-more">
      <Button isPending={busy} onPress={() => void model.more()}>
        <Trans>แสดงคำขอเพิ่มเติม</Trans>
      </Button>
    </div>
  );
}

/** Where a request of one's own stands, with all that is known: who answers, until when, from when again. */
export function RequestState({ request, model }: { request: MyRequest; model: Answering }) {
  const { busy } = useReadable(model.attempt);
  if (isWaiting(request)) {
    return (
      <Notice>
        <StateWords request={request} />
        <p className="room-hint">
          <Trans>หากถอนคำขอ จะส่งใหม่ได้เมื่อครบ 1 วัน</Trans>
        </p>
        <Button isPending={busy} onPress={() => void model.withdraw(request)}>
          <Trans>ถอนคำขอ</Trans>
        </Button>
      </Notice>
    );
  }
  return (
    <Notice kind={request.state === "refused" ? "warn" : request.state === "withdrawn" ? "info" : "ok"}>
      <StateWords request={request} />
    </Notice>
  );
}

function StateWords({ request }: { request: MyRequest }) {
  return (
    <>
      <p>
        <StateSentence request={request} />
      </p>
      <SuggestedNames request={request} />
      {request.note && <p>{request.note}</p>}
      <WhatNext request={request} />
    </>
  );
}

/** Who was suggested, on one line; nothing for another kind of request. */
export function SuggestedNames({ request }: { request: MyRequest }) {
  const names = (request.people ?? []).map(nameOf);
  return names.length === 0 ? null : <p>{names.join(" · ")}</p>;
}

function StateSentence({ request }: { request: MyRequest }) {
  const when = formatDateTime(request.answered ?? request.asked);
  const owner = inPageLanguage(request.owner_name, request.owner_name_en);
  const who = inPageLanguage(request.answered_by_name, request.answered_by_name_en) ?? owner;
  switch (request.state) {
    case "pending":
      return <Trans>ส่งคำขอเมื่อ {when} รอคำตอบจาก {owner}</Trans>;
    case "refused":
      return <Trans>{who} ไม่อนุมัติ เมื่อ {when}</Trans>;
    case "withdrawn":
      return <Trans>ท่านถอนคำขอ เมื่อ {when}</Trans>;
    default:
      return <Trans>{who} อนุมัติแล้ว เมื่อ {when}</Trans>;
  }
}

/** What happens by itself, and from when. */
function WhatNext({ request }: { request: MyRequest }) {
  const { t } = useLingui();
  const forwarded = formatDateTime(request.escalated ?? 0);
  const due = formatDate(request.escalates ?? 0);
  const again = formatDateTime(request.repeats ?? 0);
  if (isWaiting(request) && typeof request.escalated === "number") return <p>{t`ส่งต่อผู้ดูแลหน่วยงานแล้ว เมื่อ ${forwarded}`}</p>;
  if (typeof request.escalates === "number") return <p>{t`หากไม่ได้รับคำตอบ ระบบจะส่งต่อผู้ดูแลหน่วยงานในวันที่ ${due}`}</p>;
  if (typeof request.repeats !== "number") return null;
  const anything = request.kind === "removal" || request.state === "withdrawn";
  return <p>{anything ? t`ส่งคำขอใหม่ได้ตั้งแต่ ${again}` : t`เสนอชื่อบุคคลเดิมได้อีกตั้งแต่ ${again}`}</p>;
}
