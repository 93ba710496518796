import { Trans, useLingui } from "@lingui/react/macro";

import { formatNumber } from "#i18n/dates";
import { Button } from "#ui/Button";

interface JumpBarProps {
  unread: number;
  onNewest: () => void;
  onFirstUnread: (() => void) | null;
}

/** Two ways out of the middle of a long room: to the first unread message and to the newest. */
export function JumpBar({ unread, onNewest, onFirstUnread }: JumpBarProps) {
  const { t } = useLingui();
  const count = formatNumber(unread);
  return (
    <div className="jump-bar" role="group" aria-label={t`ไปยังข้อความ`}>
      {onFirstUnread !== null && (
        <Button icon="arrowUp" onPress={onFirstUnread}>
          <Trans>ข้อความแรกที่ยังไม่อ่าน</Trans>
        </Button>
      )}
      <Button icon="arrowDown" variant={unread > 0 ? "primary" : "secondary"} onPress={onNewest}>
        {unread > 0 ? <Trans>ใหม่ {count} ข้อความ</Trans> : <Trans>ข้อความล่าสุด</Trans>}
      </Button>
    </div>
  );
}
