/** How the common things are done, whom to ask, and the keyboard map where there is a keyboard (Ctrl+/, A8, WCAG 3.2.6). */
import { Trans, useLingui } from "@lingui/react/macro";

import type { AgencyView } from "#core/protocol";
import { Key } from "#ui/Badge";
import { Dialog } from "#ui/Dialog";
import { Helpdesk } from "#ui/Helpdesk";
import { useMedia } from "#ui/useMedia";

import "./help.css";

interface Line {
  readonly keys: readonly string[];
  readonly words: string;
}

interface HelpViewProps {
  agency: AgencyView | null;
  onClose: () => void;
}

export function HelpView({ agency, onClose }: HelpViewProps) {
  const { t } = useLingui();
  // A pointer that hovers goes with a keyboard; a finger alone has none worth a list of keys.
  const keyboard = useMedia("(hover: hover) and (pointer: fine)");
  return (
    <Dialog title={t`ช่วยเหลือ`} closeLabel={t`ปิด`} size="l" readable onClose={onClose}>
      <Tasks />
      <section aria-label={t`ติดต่อขอความช่วยเหลือ`} className="help-contact">
        <h3>
          <Trans>ติดต่อขอความช่วยเหลือ</Trans>
        </h3>
        <Helpdesk agency={agency} />
      </section>
      {keyboard && <Keyboard />}
    </Dialog>
  );
}

function Tasks() {
  const { t } = useLingui();
  const tasks: readonly (readonly [string, string])[] = [
    [t`เริ่มสนทนากับบุคคลหนึ่ง`, t`กด + เหนือรายชื่อห้อง เลือก สนทนาส่วนตัว แล้วเลือกบุคคล`],
    [t`สร้างห้องกลุ่ม`, t`กด + เหนือรายชื่อห้อง เลือก สร้างห้องใหม่ ตั้งชื่อห้อง แล้วเลือกสมาชิกรายบุคคล หรือตามหน่วยงานและระดับ`],
    [t`ค้นหาข้อความเดิม`, t`กด ค้นหา พิมพ์คำที่ต้องการ แล้วกรองด้วยห้อง ผู้ส่ง หรือวันที่`],
    [t`ดูว่าใครอ่านแล้ว`, t`กด อ่านแล้ว ใต้ข้อความ จะเห็นชื่อและเวลา ทั้งผู้ที่อ่านและผู้ที่ยังไม่อ่าน`],
    [t`แก้ไข เรียกคืน หรือตอบข้อความ`, t`กดค้างที่ข้อความ หรือวางตัวชี้ที่ข้อความแล้วกด ⋯`],
    [t`ปิดเสียง ซ่อน หรือออกจากห้อง`, t`เปิดห้อง แล้วกด ⓘ มุมบน`],
    [t`ไม่มีเครือข่าย`, t`พิมพ์และส่งได้ตามปกติ ข้อความจะรออยู่ในเครื่องและส่งเองเมื่อเชื่อมต่อได้`],
    [t`สงสัยว่ามีผู้อื่นใช้บัญชี`, t`เปิด ตั้งค่า › อุปกรณ์และการเข้าใช้งาน แล้วกด แจ้งว่าไม่ใช่ของท่าน ที่รายการนั้น`],
    [t`เปลี่ยนรหัสผ่าน หรือโทรศัพท์หาย`, t`เปิด ตั้งค่า › รหัสผ่านและการยืนยันตัวตน ควรสร้างรหัสกู้คืนเก็บไว้ก่อน`],
    [t`อ่านข้อกำหนดการใช้งานอีกครั้ง`, t`เปิด ตั้งค่า › เกี่ยวกับระบบ`],
  ];
  return (
    <dl className="help-tasks">
      {tasks.map(([task, how]) => (
        <div key={task}>
          <dt>{task}</dt>
          <dd>{how}</dd>
        </div>
      ))}
    </dl>
  );
}

function Keyboard() {
  const { t } = useLingui();
  const parts: { title: string; lines: Line[] }[] = [
    {
      title: t`ทุกหน้าจอ`,
      lines: [
        { keys: ["Ctrl", "/"], words: t`เปิดหน้านี้` },
        { keys: ["Ctrl", "K"], words: t`ค้นหาข้อความ ห้อง และบุคคล` },
        { keys: ["Alt", "↑"], words: t`ห้องก่อนหน้า` },
        { keys: ["Alt", "↓"], words: t`ห้องถัดไป` },
        { keys: ["Alt", "Shift", "↑"], words: t`ห้องก่อนหน้าที่ยังไม่อ่าน` },
        { keys: ["Alt", "Shift", "↓"], words: t`ห้องถัดไปที่ยังไม่อ่าน` },
        { keys: ["Esc"], words: t`ปิดหรือย้อนกลับ` },
      ],
    },
    {
      title: t`ในห้องสนทนา`,
      lines: [
        { keys: ["Ctrl", "Shift", "Enter"], words: t`ไปช่องพิมพ์ข้อความ` },
        { keys: ["Ctrl", "Shift", "Home"], words: t`ไปรายการข้อความ` },
        { keys: ["↑"], words: t`ข้อความก่อนหน้า` },
        { keys: ["↓"], words: t`ข้อความถัดไป` },
        { keys: ["Home"], words: t`ข้อความแรกที่โหลดไว้` },
        { keys: ["End"], words: t`ข้อความล่าสุด` },
        { keys: ["Enter"], words: t`ตัวเลือกของข้อความนี้ (หรือปุ่มเมนู)` },
      ],
    },
    {
      title: t`ในช่องพิมพ์ข้อความ`,
      lines: [
        { keys: ["Enter"], words: t`ส่งข้อความ` },
        { keys: ["Shift", "Enter"], words: t`ขึ้นบรรทัดใหม่` },
        { keys: ["@"], words: t`กล่าวถึงบุคคล พิมพ์ส่วนใดของชื่อก็ได้` },
        { keys: ["↑"], words: t`แก้ไขข้อความล่าสุดของท่าน (เมื่อช่องว่าง)` },
      ],
    },
  ];
  return (
    <section aria-label={t`แป้นพิมพ์ลัด`}>
      <h3 className="help-heading">
        <Trans>แป้นพิมพ์ลัด</Trans>
      </h3>
      <div className="help">
        {parts.map((part) => (
          <section key={part.title} aria-label={part.title}>
            <h4>{part.title}</h4>
            <dl className="help-keys">
              {part.lines.map((line) => (
                <div key={line.words}>
                  <dt>
                    {line.keys.map((key) => (
                      <Key key={key}>{key}</Key>
                    ))}
                  </dt>
                  <dd>{line.words}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </section>
  );
}
