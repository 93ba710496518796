import { Trans, useLingui } from "@lingui/react/macro";

import { Panel, PanelSection } from "#ui/Panel";

import type { Leave } from "./SettingsList";

/** Who runs this, what it rests on, and what it does not promise (F06, F100). */
export function AboutView({ leave }: { leave: Leave | undefined }) {
  const { t } = useLingui();
  return (
    <Panel label={t`เกี่ยวกับระบบ`} title={<Trans>เกี่ยวกับระบบ</Trans>} {...(leave ? { leave } : {})} className="settings-panel" readable>
      <section className="settings-about">
        <p className="brand">G-Chat</p>
        <p>
          <Trans>ระบบสื่อสารสำหรับเจ้าหน้าที่ภาครัฐ ทำงานบนเครื่องแม่ข่ายของหน่วยงานของท่านเอง ตามมติคณะรัฐมนตรีเมื่อวันที่ 29 มีนาคม 2559</Trans>
        </p>
      </section>
      <PanelSection title={t`สิ่งที่ควรทราบ`}>
        <ul className="settings-facts">
          <li>
            <Trans>ข้อความเข้ารหัสทั้งระหว่างส่งและในที่จัดเก็บ กุญแจอยู่กับหน่วยงานของท่าน</Trans>
          </li>
          <li>
            <Trans>ระบบไม่ได้เข้ารหัสจากต้นทางถึงปลายทาง เพราะหน่วยงานต้องค้นหาและเปิดเผยข้อมูลตามกฎหมายได้</Trans>
          </li>
          <li>
            <Trans>ไม่มีผู้ใดเปิดอ่านห้องที่ตนไม่ได้เป็นสมาชิก เว้นแต่ในกรณีที่ได้รับอนุมัติตามกฎหมาย และทุกครั้งมีบันทึก</Trans>
          </li>
          <li>
            <Trans>ชื่อผู้อ่านและเวลาที่อ่านแสดงต่อสมาชิกทุกคนในห้อง</Trans>
          </li>
        </ul>
      </PanelSection>
    </Panel>
  );
}
