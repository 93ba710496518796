/** How much room the reader's files take this year, of how much, and what can be done when it is not enough (F11). */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect } from "react";

import type { Space } from "#core/protocol";
import { formatRoom, formatSize } from "#i18n/sizes";
import { FailureNotice } from "#ui/Failure";
import { PanelSection } from "#ui/Panel";
import { Progress } from "#ui/Progress";
import { useReadable } from "#ui/useReadable";

import type { AccountModel } from "./AccountModel";

export function SpaceSection({ model }: { model: AccountModel }) {
  const { t } = useLingui();
  const { space } = useReadable(model);
  const { failure } = useReadable(model.reading);
  useEffect(() => void model.loadSpace(), [model]);
  const left = formatRoom(space?.left ?? 0);
  return (
    <PanelSection title={t`พื้นที่เก็บไฟล์`}>
      <FailureNotice failure={failure} />
      {space !== null && (
        <>
          <Used label={t`ปีนี้ท่านใช้ไป`} space={space.own} />
          {space.unit !== null && space.unit.limit != null && <Used label={t`หน่วยงานภายในของท่านใช้ไป`} space={space.unit} />}
          <p className="settings-hint">
            <Trans>ไฟล์ถัดไปส่งได้ไม่เกิน {left} พื้นที่ของท่านเริ่มนับใหม่ทุกวันที่ 1 มกราคม หากต้องการเพิ่ม โปรดแจ้งผู้ดูแลระบบ</Trans>
          </p>
        </>
      )}
    </PanelSection>
  );
}

function Used({ label, space: { used, limit } }: { label: string; space: Space }) {
  const { t } = useLingui();
  const size = formatSize(used);
  const most = limit == null ? null : formatSize(limit);
  const text = most === null ? size : t`${size} จาก ${most}`;
  return (
    <div className="settings-space">
      <p>
        {label} {text}
      </p>
      {limit != null && <Progress label={label} value={limit === 0 ? 1 : used / limit} text={text} />}
    </div>
  );
}
