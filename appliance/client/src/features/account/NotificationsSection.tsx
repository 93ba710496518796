import { Trans, useLingui } from "@lingui/react/macro";

import { Switch } from "#ui/Choice";
import { Notice } from "#ui/Notice";
import { PanelSection } from "#ui/Panel";
import { useReadable } from "#ui/useReadable";

import type { NotificationsModel } from "./NotificationsModel";

/** Whether this device notifies, and whether the words of messages may show on it. */
export function NotificationsSection({ model }: { model: NotificationsModel }) {
  const { t } = useLingui();
  const { permission, on, content } = useReadable(model);
  return (
    <PanelSection title={t`แจ้งเตือนบนเครื่องนี้`}>
      {permission === "denied" || permission === "unsupported" ? (
        <Notice kind="warn">
          <Trans>เบราว์เซอร์ไม่อนุญาตให้แจ้งเตือน เปลี่ยนได้ในการตั้งค่าของเบราว์เซอร์</Trans>
        </Notice>
      ) : (
        <div>
          <Switch isSelected={on} onChange={(wanted) => void model.turn(wanted)}>
            <Trans>แสดงการแจ้งเตือนเมื่อมีข้อความใหม่</Trans>
          </Switch>
          {on && (
            <Switch isSelected={content} onChange={model.showContent}>
              <Trans>แสดงชื่อผู้ส่งและข้อความในการแจ้งเตือน</Trans>
            </Switch>
          )}
          <p className="settings-hint">
            <Trans>ปิดไว้จะแจ้งเพียงว่ามีข้อความใหม่ ไม่แสดงเนื้อหาบนหน้าจอที่ล็อก</Trans>
          </p>
        </div>
      )}
    </PanelSection>
  );
}
