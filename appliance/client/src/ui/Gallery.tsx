/** Every component of the design system on one page, in the language of the page: the target of the visual tests. */
import { useLingui } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";

import { AnchoredPanel } from "./Anchored";
import { Avatar } from "./Avatar";
import { Badge, Chip, Key } from "./Badge";
import { Brand } from "./Brand";
import { Button, IconButton } from "./Button";
import { Checkbox } from "./Checkbox";
import { Radios, Switch } from "./Choice";
import { ConfirmDialog, Dialog } from "./Dialog";
import { FailureNotice } from "./Failure";
import { Icon, iconNames } from "./Icon";
import { ActionMenu } from "./Menu";
import { EmptyState, Loading, Notice } from "./Notice";
import { Panel, PanelSection } from "./Panel";
import { EmojiGrid, ReactionChip } from "./ReactionChip";
import { Row } from "./Row";
import { SearchField } from "./SearchField";
import { Tabs } from "./Tabs";
import { TextField } from "./TextField";
import { ToolButton } from "./ToolButton";
import { Tree } from "./Tree";
import "./gallery.css";

const LONG_NAME = "นางสาวกัญญาณัฐธนัชชาพร ศรีสุวรรณวิเชียรเจริญรุ่งเรืองกิจไพบูลย์";
const EMOJI = ["👍", "🙏", "✅", "❤️", "😊", "🎉"];

export function Gallery({ onLanguage }: { onLanguage: (language: "th" | "en") => void }) {
  const { t } = useLingui();
  return (
    <main className="gallery">
      <header>
        <Brand />
        <div className="gallery-line">
          <Button onPress={() => onLanguage("th")}>ไทย</Button>
          <Button onPress={() => onLanguage("en")}>English</Button>
        </div>
      </header>
      <Type />
      <Buttons />
      <Fields />
      <Marks />
      <Overlays />
      <Lists />
      <Sample title={t`ไอคอน`}>
        {iconNames.map((name) => (
          <span key={name} className="gallery-icon">
            <Icon name={name} />
            <small lang="en">{name}</small>
          </span>
        ))}
      </Sample>
    </main>
  );
}

function Sample({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="gallery-sample" aria-label={title}>
      <h2>{title}</h2>
      <div className="gallery-line">{children}</div>
    </section>
  );
}

function Type() {
  const { t } = useLingui();
  return (
    <Sample title={t`ตัวอักษร`}>
      <div lang="th">
        <h1>ที่ปรึกษาผู้ทรงคุณวุฒิ ปิ่ จ่ำ ก๊ ญู ฐู ฟ้ำ</h1>
        <p>น้ำ ปุ๊ ป้า ฝุ่น ไม้เอก ผู้ใหญ่ลี ก็ตาม ศึกษาธิการ ฎีกา ฤๅษี เพื่อพิจารณาดำเนินการต่อไป</p>
        <p>๐๑๒๓๔๕๖๗๘๙ 0123456789 Il1O0</p>
      </div>
    </Sample>
  );
}

function Buttons() {
  const { t } = useLingui();
  return (
    <Sample title={t`ปุ่ม`}>
      <Button variant="primary" icon="send">{t`ส่ง`}</Button>
      <Button>{t`ยกเลิก`}</Button>
      <Button variant="quiet">{t`แสดงเพิ่ม`}</Button>
      <Button variant="danger" icon="retract">{t`ลบ`}</Button>
      <Button denied={t`เฉพาะเจ้าของห้องเท่านั้นที่ทำได้`}>{t`เปลี่ยนชื่อห้อง`}</Button>
      <Button isPending>{t`กำลังส่ง`}</Button>
      <IconButton icon="info" label={t`ข้อมูลห้อง`} />
      <IconButton icon="bellOff" label={t`ปิดเสียง`} pressed />
      <ToolButton icon="reply" label={t`ตอบกลับ`} onPress={(button) => button.focus()} />
    </Sample>
  );
}

function Fields() {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const [on, setOn] = useState(true);
  const [choice, setChoice] = useState<"a" | "b">("a");
  return (
    <Sample title={t`ช่องกรอก`}>
      <div className="gallery-fields">
        <TextField label={t`ชื่อห้อง`} hint={t`สมาชิกทุกคนเห็น`} value={text} onChange={setText} />
        <TextField label={t`เหตุผล (ไม่บังคับ)`} rows={2} value={text} onChange={setText} />
        <TextField label={t`รหัสผ่าน`} type="password" error={t`ข้อมูลที่กรอกใช้ไม่ได้ โปรดตรวจสอบอีกครั้ง`} value={text} onChange={setText} />
        <SearchField label={t`ค้นหาห้อง`} clearLabel={t`ล้างคำค้น`} value={text} onChange={setText} />
        <Checkbox isSelected={on} onChange={setOn}>{t`รวมหน่วยงานย่อย`}</Checkbox>
        <Switch isSelected={on} onChange={setOn}>{t`ปิดเสียงแจ้งเตือน`}</Switch>
        <Radios
          label={t`ศักราช`}
          value={choice}
          onChange={setChoice}
          options={[
            { value: "a", label: t`พุทธศักราช` },
            { value: "b", label: t`คริสต์ศักราช`, hint: "2026" },
          ]}
        />
      </div>
    </Sample>
  );
}

function Marks() {
  const { t } = useLingui();
  const [mine, setMine] = useState(true);
  return (
    <Sample title={t`เครื่องหมายและข้อความแจ้ง`}>
      {(["xs", "s", "m", "l", "xl"] as const).map((size) => (
        <Avatar key={size} id={size} name={LONG_NAME} size={size} />
      ))}
      <Avatar id="room" name="กองคลัง" room />
      <Avatar id="gone" name="สมชาย ใจดี" inactive />
      <Badge count={7} label={t`ยังไม่อ่าน`} />
      <Badge count={1200} quiet label={t`ยังไม่อ่าน`} />
      <Chip icon="group">{t`ห้องกลุ่ม`}</Chip>
      <Chip icon="owner" tone="accent">{t`เจ้าของห้อง`}</Chip>
      <Chip icon="lock" tone="warn">{t`ปิดแล้ว`}</Chip>
      <Chip icon="check" tone="ok">{t`เครื่องนี้`}</Chip>
      <Key>Ctrl</Key>
      <ReactionChip emoji="👍" count="3" mine={mine} names="สมชาย, อรุณี, วิชัย" label="👍" onPress={() => setMine(!mine)} />
      <div className="gallery-fields">
        <Notice>{t`สมาชิกใหม่อ่านข้อความย้อนหลังได้`}</Notice>
        <Notice kind="warn">{t`ท่านกำลังเลือกบุคคลจำนวนมาก โปรดเลือกเฉพาะผู้เกี่ยวข้อง`}</Notice>
        <Notice kind="ok">{t`เปลี่ยนรหัสผ่านแล้ว เครื่องอื่นทั้งหมดออกจากระบบแล้ว`}</Notice>
        <FailureNotice failure={{ code: "not_owner", message: "" }} />
      </div>
      <EmptyState icon="message" title={t`ยังไม่มีข้อความ`} />
      <Loading label={t`กำลังโหลด`} />
    </Sample>
  );
}

type Open = { kind: "dialog" | "confirm" } | { kind: "emoji"; anchor: Element };

function Overlays() {
  const { t } = useLingui();
  const [open, setOpen] = useState<Open | null>(null);
  const close = () => setOpen(null);
  return (
    <Sample title={t`หน้าต่างและเมนู`}>
      <ActionMenu
        label={t`ตัวเลือกของข้อความนี้`}
        trigger={<Button icon="more">{t`เมนู`}</Button>}
        actions={[
          { id: "reply", icon: "reply", label: t`ตอบกลับ`, onAction: close },
          { id: "edit", icon: "edit", label: t`แก้ไข`, onAction: close, denied: t`พ้นกำหนดเวลาแก้ไขข้อความแล้ว` },
          { id: "retract", icon: "retract", label: t`เรียกคืนข้อความ`, onAction: close, danger: true },
        ]}
      />
      <Button onPress={() => setOpen({ kind: "dialog" })}>{t`หน้าต่าง`}</Button>
      <Button onPress={() => setOpen({ kind: "confirm" })}>{t`คำถามยืนยัน`}</Button>
      <ToolButton icon="reaction" label={t`แสดงความรู้สึก`} hasPopup onPress={(anchor) => setOpen({ kind: "emoji", anchor })} />
      {open?.kind === "dialog" && (
        <Dialog title={t`เปลี่ยนชื่อห้อง`} closeLabel={t`ปิด`} onClose={close} footer={<Button variant="primary">{t`บันทึก`}</Button>}>
          <p>{LONG_NAME}</p>
        </Dialog>
      )}
      {open?.kind === "confirm" && (
        <ConfirmDialog title={t`ปิดห้อง`} confirmLabel={t`ปิดห้อง`} cancelLabel={t`ยกเลิก`} danger onConfirm={close} onClose={close}>
          <p>{t`มีผลทันที บุคคลนี้จะไม่เห็นห้องและข้อความในห้องอีก`}</p>
        </ConfirmDialog>
      )}
      {open?.kind === "emoji" && (
        <AnchoredPanel anchor={open.anchor} label={t`แสดงความรู้สึก`} onClose={close} placement="bottom start">
          <EmojiGrid label={t`แสดงความรู้สึก`} emoji={EMOJI} onPick={close} />
        </AnchoredPanel>
      )}
    </Sample>
  );
}

function Lists() {
  const { t } = useLingui();
  const [tab, setTab] = useState<"one" | "two">("one");
  const [unit, setUnit] = useState<string | null>("b");
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set(["a"]));
  return (
    <Sample title={t`รายการ`}>
      <div className="gallery-fields gallery-framed">
        <Panel title={t`ข้อมูลห้อง`} label={t`ข้อมูลห้อง`} leave={{ icon: "close", label: t`ปิด`, onPress: () => setTab("one") }}>
          <PanelSection title={t`สมาชิก`}>
            <Row lead={<Avatar id="p" name={LONG_NAME} />} title={LONG_NAME} detail="กองยุทธศาสตร์และแผนงาน" end={<Chip>{t`ท่าน`}</Chip>} />
          </PanelSection>
        </Panel>
      </div>
      <div className="gallery-fields gallery-framed">
        <Tabs
          label={t`ผู้อ่านข้อความ`}
          selected={tab}
          onSelect={setTab}
          tabs={[
            { id: "one", label: t`อ่านแล้ว`, content: <EmptyState icon="checkAll" title={t`อ่านครบทุกคนแล้ว`} /> },
            { id: "two", label: t`ยังไม่อ่าน`, content: <EmptyState icon="eyeOff" title={t`ยังไม่มีผู้อ่าน`} /> },
          ]}
        />
      </div>
      <div className="gallery-fields gallery-framed">
        <Tree
          label={t`ผังองค์กร`}
          openLabel={t`เปิดหรือปิดหน่วยงานย่อย`}
          nodes={[{ id: "a", label: "กรมตัวอย่าง", detail: "120", children: [{ id: "b", label: "กองคลัง", detail: "42", children: [] }] }]}
          expanded={expanded}
          onExpandedChange={setExpanded}
          selected={unit}
          onSelect={setUnit}
        />
      </div>
    </Sample>
  );
}
