/** The keyboard map and where to turn for help, the same everywhere (Ctrl+/, A8, WCAG 3.2.6). */
import { Trans, useLingui } from "@lingui/react/macro";

import { Key } from "#ui/Badge";
import { Dialog } from "#ui/Dialog";

import "./help.css";

interface Line {
  readonly keys: readonly string[];
  readonly words: string;
}

export function HelpView({ onClose }: { onClose: () => void }) {
  const { t } = useLingui();
  const parts: { title: string; lines: Line[] }[] = [
    {
      title: t`ทุกหน้าจอ`,
      lines: [
        { keys: ["Ctrl", "/"], words: t`เปิดหน้านี้` },
        { keys: ["Ctrl", "K"], words: t`ค้นหาข้อความและห้อง` },
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
        { keys: ["Enter"], words: t`การทำงานกับข้อความ (หรือปุ่มเมนู)` },
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
    <Dialog title={t`แป้นพิมพ์ลัดและความช่วยเหลือ`} closeLabel={t`ปิด`} size="l" readable onClose={onClose}>
      <div className="help">
        {parts.map((part) => (
          <section key={part.title} aria-label={part.title}>
            <h3>{part.title}</h3>
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
      <p>
        <Trans>พบปัญหาการใช้งานหรือลืมรหัสผ่าน โปรดติดต่อผู้ดูแลระบบของหน่วยงาน</Trans>
      </p>
    </Dialog>
  );
}
