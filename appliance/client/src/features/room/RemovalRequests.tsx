/** Asking to be taken off a room, and answering those who ask (F41). */
import { Trans, useLingui } from "@lingui/react/macro";

import type { RemovalRequest } from "#core/protocol";
import type { RoomSnapshot } from "#core/snapshots";
import { formatDateTime } from "#i18n/dates";
import { deniedText } from "#i18n/reasons";
import { Button } from "#ui/Button";
import { Notice } from "#ui/Notice";
import { PanelSection } from "#ui/Panel";

import type { RoomModel } from "./RoomModel";

export function OwnerRequests({ requests, model }: { requests: readonly RemovalRequest[]; model: RoomModel }) {
  const { t } = useLingui();
  return (
    <PanelSection title={t`คำขอให้นำชื่อออก`}>
      <ul className="request-list">
        {requests.map((request) => {
          const asked = formatDateTime(request.asked);
          return (
            <li key={request.id} className="request">
              <p className="request-name">{request.name}</p>
              <p className="room-hint">
                <Trans>ขอเมื่อ {asked}</Trans>
                {request.escalated != null && (
                  <>
                    {" · "}
                    <Trans>ส่งต่อผู้ดูแลหน่วยงานแล้ว</Trans>
                  </>
                )}
              </p>
              {request.reason && <p className="request-reason">{request.reason}</p>}
              <div className="request-buttons">
                <Button onPress={() => void model.answer(request, "refused", "")}>
                  <Trans>ไม่อนุมัติ</Trans>
                </Button>
                <Button variant="primary" onPress={() => void model.answer(request, "granted", "")}>
                  <Trans>นำชื่อออก</Trans>
                </Button>
              </div>
            </li>
          );
        })}
      </ul>
    </PanelSection>
  );
}

export function MyRequest({ room, mine, onAsk }: { room: RoomSnapshot; mine: RemovalRequest | null; onAsk: () => void }) {
  const { t } = useLingui();
  return (
    <PanelSection title={t`ขอออกจากห้อง`}>
      <p className="room-hint">
        <Trans>สมาชิกออกจากห้องเองไม่ได้ แต่ขอให้เจ้าของห้องนำชื่อออกได้</Trans>
      </p>
      {mine !== null && <MyAnswer request={mine} />}
      <Button
        icon="removePerson"
        onPress={onAsk}
        denied={deniedText(mine !== null && mine.answered == null ? "request_pending" : room.denied["ask_removal"])}
      >
        <Trans>ขอให้นำชื่อออก</Trans>
      </Button>
    </PanelSection>
  );
}

function MyAnswer({ request }: { request: RemovalRequest }) {
  const when = formatDateTime(request.answered ?? request.asked);
  if (request.answered == null) {
    return (
      <Notice>
        <Trans>ส่งคำขอเมื่อ {when} รอเจ้าของห้องตอบ</Trans>
      </Notice>
    );
  }
  return (
    <Notice kind={request.state === "refused" ? "warn" : "ok"}>
      {request.state === "refused" ? <Trans>เจ้าของห้องไม่อนุมัติ เมื่อ {when}</Trans> : <Trans>เจ้าของห้องอนุมัติแล้ว เมื่อ {when}</Trans>}
      {request.note && <p>{request.note}</p>}
    </Notice>
  );
}
