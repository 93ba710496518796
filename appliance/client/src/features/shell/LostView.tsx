import { Trans, useLingui } from "@lingui/react/macro";

import { Button } from "#ui/Button";
import { EmptyState } from "#ui/Notice";

/** What an address shows that leads nowhere: it was cut on its way, or mistyped. */
export function LostView({ onLeave }: { onLeave: () => void }) {
  const { t } = useLingui();
  return (
    <EmptyState icon="search" title={t`ไม่พบหน้าที่ท่านเปิด`}>
      <p>
        <Trans>ที่อยู่ไม่ครบหรือไม่ถูกต้อง โปรดขอที่อยู่ใหม่จากผู้ที่ส่งที่อยู่นี้ให้ท่าน</Trans>
      </p>
      <Button variant="primary" onPress={onLeave}>
        <Trans>ไปที่ห้องสนทนา</Trans>
      </Button>
    </EmptyState>
  );
}
