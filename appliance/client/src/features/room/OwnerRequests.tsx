/** What members ask of the owner (F34, F41): the owner's list of what waits, and each member's own two requests. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";

import { isWaiting, type OwnerRequest, type Suggestion } from "#core/ownerRequests";
import type { PersonId, RoomSnapshot } from "#core/snapshots";
import { formatDateTime } from "#i18n/dates";
import { deniedText } from "#i18n/reasons";
import { Avatar } from "#ui/Avatar";
import { Button } from "#ui/Button";
import { Notice } from "#ui/Notice";
import { PanelSection } from "#ui/Panel";
import { Row } from "#ui/Row";

import type { RoomModel } from "./RoomModel";

interface WaitingRequestsProps {
  requests: readonly OwnerRequest[];
  model: RoomModel;
  onDecline: (request: OwnerRequest) => void;
  onPerson: (id: PersonId) => void;
}

export function WaitingRequests({ requests, model, onDecline, onPerson }: WaitingRequestsProps) {
  const { t } = useLingui();
  return (
    <PanelSection title={t`คำขอถึงเจ้าของห้อง`}>
      <ul className="request-list">
        {requests.map((request) => {
          const asked = formatDateTime(request.asked);
          return (
            <li key={request.id} className="request">
              <p className="request-name">{request.name}</p>
              <p className="room-hint">
                {request.kind === "removal" ? <Trans>ขอให้นำชื่อออก เมื่อ {asked}</Trans> : <Trans>เสนอชื่อสมาชิก เมื่อ {asked}</Trans>}
                {request.kind === "removal" && request.escalated != null && (
                  <>
                    {" · "}
                    <Trans>ส่งต่อผู้ดูแลหน่วยงานแล้ว</Trans>
                  </>
                )}
              </p>
              {request.reason && <p className="request-reason">{request.reason}</p>}
              {request.kind === "suggestion" && <SuggestedPeople suggestion={request} onPerson={onPerson} />}
              <div className="request-buttons">
                <Button onPress={() => onDecline(request)}>
                  <Trans>ไม่อนุมัติ</Trans>
                </Button>
                <Button variant="primary" onPress={() => void model.answer(request, "granted", "")}>
                  {request.kind === "removal" ? <Trans>นำชื่อออก</Trans> : plural(request.people.length, { other: "เพิ่ม # คน" })}
                </Button>
              </div>
            </li>
          );
        })}
      </ul>
    </PanelSection>
  );
}

function SuggestedPeople({ suggestion, onPerson }: { suggestion: Suggestion; onPerson: (id: PersonId) => void }) {
  const { t } = useLingui();
  return (
    <ul className="request-people" aria-label={t`ผู้ที่ถูกเสนอชื่อ`}>
      {suggestion.people.map(({ person, name, post, unit }) => (
        <li key={person}>
          <Row
            lead={<Avatar id={person} name={name} size="s" />}
            title={name}
            detail={[post, unit].filter(Boolean).join(" · ") || undefined}
            onPress={() => onPerson(person)}
          />
        </li>
      ))}
    </ul>
  );
}

interface MyRequestProps {
  room: RoomSnapshot;
  mine: OwnerRequest | null;
  onAsk: () => void;
}

export function MySuggestion({ room, mine, onAsk }: MyRequestProps) {
  const { t } = useLingui();
  return (
    <PanelSection title={t`เสนอชื่อสมาชิก`}>
      <p className="room-hint">
        <Trans>เฉพาะเจ้าของห้องเพิ่มสมาชิกได้ ท่านเสนอชื่อให้เจ้าของห้องพิจารณาได้</Trans>
      </p>
      {mine !== null && <MyAnswer request={mine} />}
      <Button icon="addPerson" onPress={onAsk} denied={deniedText(deniedCode(room, mine, "suggest"))}>
        <Trans>เสนอชื่อสมาชิก</Trans>
      </Button>
    </PanelSection>
  );
}

export function MyRemoval({ room, mine, onAsk }: MyRequestProps) {
  const { t } = useLingui();
  return (
    <PanelSection title={t`ขอออกจากห้อง`}>
      <p className="room-hint">
        <Trans>สมาชิกออกจากห้องเองไม่ได้ แต่ขอให้เจ้าของห้องนำชื่อออกได้</Trans>
      </p>
      {mine !== null && <MyAnswer request={mine} />}
      <Button icon="removePerson" onPress={onAsk} denied={deniedText(deniedCode(room, mine, "ask_removal"))}>
        <Trans>ขอให้นำชื่อออก</Trans>
      </Button>
    </PanelSection>
  );
}

function deniedCode(room: RoomSnapshot, mine: OwnerRequest | null, action: "suggest" | "ask_removal"): string | undefined {
  return mine !== null && isWaiting(mine) ? "request_pending" : room.denied[action];
}

function MyAnswer({ request }: { request: OwnerRequest }) {
  const when = formatDateTime(request.answered ?? request.asked);
  const names = request.kind === "suggestion" && <p>{request.people.map(({ name }) => name).join(" · ")}</p>;
  if (isWaiting(request)) {
    return (
      <Notice>
        <Trans>ส่งคำขอเมื่อ {when} รอเจ้าของห้องตอบ</Trans>
        {names}
      </Notice>
    );
  }
  return (
    <Notice kind={request.state === "refused" ? "warn" : "ok"}>
      {request.state === "refused" ? <Trans>เจ้าของห้องไม่อนุมัติ เมื่อ {when}</Trans> : <Trans>เจ้าของห้องอนุมัติแล้ว เมื่อ {when}</Trans>}
      {names}
      {request.note && <p>{request.note}</p>}
    </Notice>
  );
}
