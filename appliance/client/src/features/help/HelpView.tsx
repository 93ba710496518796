/** How the common things are done, whom to ask, and the keyboard map where there is a keyboard (Ctrl+/, A8, WCAG 3.2.6). */
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import type { AgencyView } from "#core/protocol";
import { Key } from "#ui/Badge";
import { Dialog } from "#ui/Dialog";
import { Helpdesk } from "#ui/Helpdesk";
import { Icon } from "#ui/Icon";
import { useMedia } from "#ui/useMedia";

import { type ButtonName, BUTTONS } from "./buttons";
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
      <Tasks keyboard={keyboard} />
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

/** A button as it is drawn: its icon and its words. */
function Press({ button }: { button: ButtonName }) {
  const { i18n } = useLingui();
  const { icon, label } = BUTTONS[button];
  return (
    <span className="help-press">
      {icon !== null && <Icon name={icon} size="s" />}
      {i18n._(label)}
    </span>
  );
}

/** `keyboard`: there is a pointer that hovers, and no finger that holds. */
function Tasks({ keyboard }: { keyboard: boolean }) {
  const { t } = useLingui();
  return (
    <dl className="help-tasks">
      <Task task={t`เริ่มสนทนากับบุคคลหนึ่ง`}>
        <Trans>
          กด <Press button="start" /> เลือก <Press button="chat" /> แล้วเลือกบุคคล อีกฝ่ายจะเห็นการสนทนาเมื่อท่านส่งข้อความแรก
        </Trans>
      </Task>
      <Task task={t`สร้างห้องกลุ่ม`}>
        <Trans>
          กด <Press button="start" /> เลือก <Press button="newRoom" /> ตั้งชื่อห้อง แล้วเลือกสมาชิกรายบุคคล หรือตามหน่วยงานและระดับ
        </Trans>
      </Task>
      <Task task={t`ส่งรูปภาพ วิดีโอ หรือไฟล์`}>
        <Trans>
          กด <Press button="attach" /> หรือวางรูปภาพที่คัดลอกไว้ ระบบลบข้อมูลตำแหน่งและเครื่องออกจากรูปภาพและวิดีโอ เว้นแต่ท่านเลือกส่งต้นฉบับ
        </Trans>{" "}
        {keyboard && <Trans>จะลากไฟล์มาวางในห้องก็ได้</Trans>}
      </Task>
      <Task task={t`ส่งข้อความเสียง`}>
        <Trans>
          กด <Press button="voice" /> โดยไม่ต้องกดค้าง หยุดเพื่อฟังก่อนส่ง หรือส่งได้ทันที
        </Trans>
      </Task>
      <Task task={t`ค้นหาข้อความ ห้อง หรือบุคคล`}>
        <Trans>
          กด <Press button="search" /> พิมพ์คำหรือชื่อที่ต้องการ กรองข้อความได้ด้วยห้อง ผู้ส่ง หรือวันที่
        </Trans>
      </Task>
      <Task task={t`ตอบ แก้ไข หรือเรียกคืนข้อความ`}>
        {keyboard ? (
          <Trans>
            วางตัวชี้ที่ข้อความ แล้วกด <Press button="message" />
          </Trans>
        ) : (
          <Trans>กดค้างที่ข้อความ แล้วเลือกสิ่งที่ต้องการ</Trans>
        )}
      </Task>
      <Task task={t`ดูว่าใครอ่านแล้ว`}>
        <Trans>
          เลือก <Press button="readers" /> จากตัวเลือกของข้อความ จะเห็นชื่อและเวลา ทั้งผู้ที่อ่านและผู้ที่ยังไม่อ่าน
        </Trans>
      </Task>
      <Task task={t`ปักหมุด ปิดเสียง หรือซ่อนห้อง`}>
        {keyboard ? <Trans>คลิกขวาที่ห้องในรายชื่อ</Trans> : <Trans>กดค้างที่ห้องในรายชื่อ</Trans>}{" "}
        <Trans>
          แล้วเลือก <Press button="pin" /> <Press button="mute" /> <Press button="hide" /> หรือ <Press button="unread" />
        </Trans>
      </Task>
      <Task task={t`ขอออกจากห้อง`}>
        <Trans>
          เปิดห้อง กด <Press button="roomInfo" /> แล้วกด <Press button="askRemoval" />
        </Trans>
      </Task>
      <Task task={t`ดูคำขอและคำตอบ`}>
        <Trans>
          เปิด <Press button="requests" /> จะเห็นคำขอที่รอท่าน คำตอบถึงท่าน และห้องที่มีผู้นำท่านออก
        </Trans>
      </Task>
      <Task task={t`เลือกสิ่งที่จะแจ้งเตือน`}>
        <Trans>
          เปิด <Press button="settings" /> › <Press button="notifications" />
        </Trans>
      </Task>
      <Task task={t`ไม่มีเครือข่าย`}>
        <Trans>พิมพ์และส่งได้ตามปกติ ข้อความจะรออยู่ในเครื่องและส่งเองเมื่อเชื่อมต่อได้</Trans>
      </Task>
      <Task task={t`สงสัยว่ามีผู้อื่นใช้บัญชี`}>
        <Trans>
          เปิด <Press button="settings" /> › <Press button="devices" /> แล้วกด <Press button="disown" /> ที่รายการนั้น
        </Trans>
      </Task>
      <Task task={t`เปลี่ยนรหัสผ่าน หรือโทรศัพท์หาย`}>
        <Trans>
          เปิด <Press button="settings" /> › <Press button="security" /> ควรสร้างรหัสกู้คืนเก็บไว้ก่อน
        </Trans>
      </Task>
      <Task task={t`อ่านข้อกำหนดการใช้งานอีกครั้ง`}>
        <Trans>
          เปิด <Press button="settings" /> › <Press button="about" />
        </Trans>
      </Task>
    </dl>
  );
}

function Task({ task, children }: { task: string; children: ReactNode }) {
  return (
    <div>
      <dt>{task}</dt>
      <dd>{children}</dd>
    </div>
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
        { keys: ["Esc"], words: t`ปิดหรือย้อนกลับ (ในรายการให้เลือก ล้างคำค้นก่อน)` },
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
