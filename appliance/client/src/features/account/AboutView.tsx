import { Trans, useLingui } from "@lingui/react/macro";

import { Panel, PanelSection } from "#ui/Panel";

import type { Leave } from "./SettingsList";

/** Who runs this, what it rests on, and what it does not promise (F06, F97, F100). */
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
            <Trans>
              ระบบไม่ได้เข้ารหัสจากต้นทางถึงปลายทาง ผู้ที่ควบคุมเครื่องแม่ข่ายและถือกุญแจของหน่วยงานจึงส่งออกข้อความของห้องได้ตามที่กฎหมายให้อำนาจ และระบบบันทึกการส่งออกไว้ทุกครั้ง
            </Trans>
          </li>
          <li>
            <Trans>ระบบแสดงข้อความของห้องแก่สมาชิกเท่านั้น ผู้ดูแลระบบที่ไม่ได้เป็นสมาชิกก็เปิดอ่านไม่ได้</Trans>
          </li>
          <li>
            <Trans>ชื่อผู้อ่านและเวลาที่อ่านแสดงต่อสมาชิกทุกคนในห้อง</Trans>
          </li>
          <li>
            <Trans>ไม่มีระบบใดรับประกันได้ว่าข้อมูลจะปลอดภัยหรือไม่สูญหายในทุกกรณี เก็บเอกสารสำคัญไว้ในระบบงานของหน่วยงานด้วย</Trans>
          </li>
        </ul>
      </PanelSection>
    </Panel>
  );
}
