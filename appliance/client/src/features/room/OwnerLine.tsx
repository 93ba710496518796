/** To members: whose room it is, what only the owner does while it is open, and the way to ask them. */
import { Trans, useLingui } from "@lingui/react/macro";

import type { PersonId } from "#core/snapshots";
import { Button } from "#ui/Button";
import { NamedText } from "#ui/Name";
import { PanelSection } from "#ui/Panel";
import { useReadable } from "#ui/useReadable";

import type { RoomModel } from "./RoomModel";

interface OwnerLineProps {
  model: RoomModel;
  owner: PersonId;
  closed: boolean;
  onPerson: (person: PersonId) => void;
}

export function OwnerLine({ model, owner, closed, onPerson }: OwnerLineProps) {
  const { t } = useLingui();
  const name = useReadable(model.person(owner))?.name ?? "…";
  return (
    <PanelSection title={t`การจัดการห้อง`}>
      <p>
        <NamedText text={t`เจ้าของห้อง: ${name}`} names={[name]} />
      </p>
      {!closed && (
        <p className="room-hint">
          <Trans>เจ้าของห้องเป็นผู้เปลี่ยนชื่อห้อง เพิ่มหรือนำสมาชิกออก และปิดห้อง</Trans>
        </p>
      )}
      <Button icon="person" onPress={() => onPerson(owner)}>
        <Trans>ติดต่อเจ้าของห้อง</Trans>
      </Button>
    </PanelSection>
  );
}
