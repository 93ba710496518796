/** In place of a room that is not ours, or not any more: who took us off and when, and what we had not sent. */
import { Trans, useLingui } from "@lingui/react/macro";

import type { RoomId } from "#core/snapshots";
import { departureText } from "#i18n/notices";
import { Button } from "#ui/Button";
import { inPageLanguage } from "#ui/names";
import { EmptyState } from "#ui/Notice";
import { useReadable } from "#ui/useReadable";

import { LeftDraft } from "./LeftDraft";
import { LeftReason } from "./LeftReason";
import type { RequestsModel } from "./RequestsModel";
import "./room.css";

interface GoneViewProps {
  room: RoomId;
  model: RequestsModel;
  onBack: () => void;
}

export function GoneView({ room, model, onBack }: GoneViewProps) {
  const { t } = useLingui();
  const { departures } = useReadable(model);
  const draft = useReadable(model.draft(room));
  const departure = departures.find((one) => one.room === room);
  return (
    <div className="room-gone" role="status">
      <EmptyState icon="lock" title={departure === undefined ? t`ไม่พบห้องนี้ หรือท่านไม่ได้เป็นสมาชิกแล้ว` : departureText(departure, inPageLanguage(departure.by_name, departure.by_name_en))}>
        {departure?.reason && <LeftReason reason={departure.reason} />}
        <LeftDraft text={draft.text} onDiscard={() => model.discard(room)} />
        <Button onPress={onBack}>
          <Trans>กลับไปรายชื่อห้อง</Trans>
        </Button>
      </EmptyState>
    </div>
  );
}
