/** The settings of notifications: whether they can work here and what to do if not, of what, how, when, and a trial. */
import { Trans, useLingui } from "@lingui/react/macro";
import type { ReactNode } from "react";

import { startOfDay } from "#core/dates";
import type { NotificationSettings } from "#core/notifying";
import { formatTime } from "#i18n/dates";
import { Button } from "#ui/Button";
import { Radios, Switch } from "#ui/Choice";
import { Notice } from "#ui/Notice";
import { Panel, PanelSection } from "#ui/Panel";
import { Select } from "#ui/Select";
import { useReadable } from "#ui/useReadable";

import type { NotificationsModel, NotificationsState } from "./NotificationsModel";
import type { Leave } from "./SettingsList";

interface NotificationsViewProps {
  model: NotificationsModel;
  leave: Leave | undefined;
}

export function NotificationsView({ model, leave }: NotificationsViewProps) {
  const { t } = useLingui();
  const state = useReadable(model);
  const possible = state.permission === "default" || state.permission === "granted";
  return (
    <Panel label={t`การแจ้งเตือน`} title={<Trans>การแจ้งเตือน</Trans>} {...(leave ? { leave } : {})} className="settings-panel">
      <PanelSection title={t`แจ้งเตือนบนเครื่องนี้`}>
        {possible ? <OnSwitch model={model} state={state} /> : <WhyNot model={model} state={state} />}
        <Limits device={model.device} />
      </PanelSection>
      {possible && state.settings.on && (
        <>
          <What model={model} settings={state.settings} />
          <QuietHours model={model} settings={state.settings} />
          <Trial model={model} state={state} />
        </>
      )}
    </Panel>
  );
}

interface PartProps {
  model: NotificationsModel;
  state: NotificationsState;
}

function OnSwitch({ model, state }: PartProps) {
  return (
    <div>
      <Switch isSelected={state.settings.on} onChange={(on) => void model.turn(on)}>
        <Trans>แจ้งเตือนเมื่อมีข้อความใหม่</Trans>
      </Switch>
      <div role="status">
        {state.question === "open" && (
          <Notice>
            <Trans>โปรดตอบคำถามของเบราว์เซอร์ โดยเลือก “อนุญาต”</Trans>
          </Notice>
        )}
        {state.question === "unanswered" && (
          <Notice kind="warn">
            <Trans>ยังเปิดไม่ได้ เพราะยังไม่ได้เลือก “อนุญาต” ในคำถามของเบราว์เซอร์ โปรดกดเปิดอีกครั้ง หากไม่มีคำถามปรากฏ โปรดกดไอคอนหน้าที่อยู่เว็บแล้วอนุญาตการแจ้งเตือน</Trans>
          </Notice>
        )}
        {state.failure !== null && (
          <Notice kind="error">
            <Trans>แสดงการแจ้งเตือนครั้งล่าสุดไม่สำเร็จ เบราว์เซอร์แจ้งว่า “{state.failure}”</Trans>
          </Notice>
        )}
      </div>
    </div>
  );
}

/** Why notifications cannot be had here, with the remedy. */
function WhyNot({ model, state }: PartProps) {
  return <Notice kind="warn">{reason(state.permission, model.device)}</Notice>;
}

function reason(permission: NotificationsState["permission"], device: NotificationsModel["device"]): ReactNode {
  switch (permission) {
    case "insecure":
      return <Trans>แจ้งเตือนไม่ได้ เพราะที่อยู่นี้ไม่ได้ขึ้นต้นด้วย https:// โปรดเปิด G-Chat จากที่อยู่ที่ขึ้นต้นด้วย https:// หรือสอบถามผู้ดูแลระบบของหน่วยงาน</Trans>;
    case "needs_install":
      return (
        <Trans>
          iPhone และ iPad แจ้งเตือนได้เมื่อติดตั้ง G-Chat ไว้ที่หน้าจอโฮมแล้วเท่านั้น (iOS 16.4 ขึ้นไป) โปรดแตะปุ่มแชร์ใน Safari เลือก “เพิ่มไปยังหน้าจอโฮม” แล้วเปิด G-Chat จากไอคอนนั้น
        </Trans>
      );
    case "denied":
      return device === "desktop" ? (
        <Trans>เบราว์เซอร์ปิดกั้นการแจ้งเตือนของ G-Chat วิธีเปิด: กดไอคอนหน้าที่อยู่เว็บ เลือก “การแจ้งเตือน” แล้วเลือก “อนุญาต” หากเลือกไม่ได้ ผู้ดูแลระบบอาจกำหนดไว้ โปรดสอบถามผู้ดูแลระบบของหน่วยงาน</Trans>
      ) : (
        <Trans>การแจ้งเตือนของ G-Chat ถูกปิดกั้นไว้ วิธีเปิด: ไปที่การตั้งค่าของเครื่อง เลือก “การแจ้งเตือน” เลือก G-Chat หรือเบราว์เซอร์ที่ใช้ แล้วเลือก “อนุญาต”</Trans>
      );
    case "unsupported":
    case "granted":
    case "default":
      return <Trans>เบราว์เซอร์นี้แสดงการแจ้งเตือนไม่ได้ โปรดใช้ Chrome, Edge, Firefox หรือ Safari รุ่นปัจจุบัน</Trans>;
  }
}

/** What else is told, and what nobody should have to find out by missing a message. */
function Limits({ device }: { device: NotificationsModel["device"] }) {
  return (
    <ul className="settings-facts settings-hint">
      <li>
        <Trans>แจ้งเตือนด้วยเมื่อท่านได้เข้าห้องใหม่ เป็นเจ้าของห้อง พ้นจากห้อง หรือมีคำขอและคำตอบถึงท่าน โดยไม่แสดงชื่อห้อง</Trans>
      </li>
      <li>
        <Trans>แจ้งเตือนได้เฉพาะขณะที่เปิด G-Chat ไว้ เมื่อปิดทุกแท็บและทุกหน้าต่างแล้วจะไม่มีการแจ้งเตือน เพราะข้อมูลไม่ผ่านเครื่องแม่ข่ายของผู้อื่น</Trans>
      </li>
      {device === "apple" && (
        <li>
          <Trans>iPhone และ iPad จะไม่แจ้งเตือนเมื่อล็อกหน้าจอหรือสลับไปใช้แอปอื่น</Trans>
        </li>
      )}
      {device === "android" && (
        <li>
          <Trans>เมื่อล็อกหน้าจอหรือสลับไปใช้แอปอื่น โทรศัพท์อาจพัก G-Chat ไว้ การแจ้งเตือนจึงอาจมาช้าหรือไม่มา</Trans>
        </li>
      )}
      <li>
        <Trans>ขณะที่ท่านใช้หน้าต่าง G-Chat อยู่จะไม่แจ้งเตือน</Trans>
      </li>
    </ul>
  );
}

interface SettingsProps {
  model: NotificationsModel;
  settings: NotificationSettings;
}

function What({ model, settings }: SettingsProps) {
  const { t } = useLingui();
  return (
    <PanelSection title={t`เรื่องที่แจ้งเตือน`}>
      <Radios
        label={t`แจ้งเตือนเมื่อมี`}
        value={settings.mentionsOnly ? "mentions" : "all"}
        onChange={(value) => model.choose({ mentionsOnly: value === "mentions" })}
        options={[
          { value: "all", label: t`ข้อความใหม่ทุกข้อความ`, hint: t`ห้องที่ปิดเสียงแจ้งเตือนไว้ แจ้งเมื่อกล่าวถึงท่านเท่านั้น` },
          { value: "mentions", label: t`เฉพาะที่กล่าวถึงท่าน`, hint: t`รวมการสนทนาส่วนตัว` },
        ]}
      />
      <div>
        <Switch isSelected={settings.sound} onChange={(sound) => model.choose({ sound })}>
          <Trans>มีเสียง (ตามการตั้งค่าของเครื่อง)</Trans>
        </Switch>
        <Switch isSelected={settings.content} onChange={(content) => model.choose({ content })}>
          <Trans>แสดงชื่อผู้ส่งและข้อความในการแจ้งเตือน</Trans>
        </Switch>
        <p className="settings-hint">
          <Trans>ปิดไว้จะแจ้งเพียงว่ามีข้อความใหม่ ไม่แสดงเนื้อหาบนหน้าจอที่ล็อก</Trans>
        </p>
      </div>
    </PanelSection>
  );
}

const HALF_HOURS = Array.from({ length: 48 }, (_, i) => i * 30);
const MIDNIGHT = startOfDay("2026-01-01");

function QuietHours({ model, settings }: SettingsProps) {
  const { t } = useLingui();
  const times = HALF_HOURS.map((minute) => ({ value: minute, label: formatTime(MIDNIGHT + minute * 60_000) }));
  return (
    <PanelSection title={t`เวลางดแจ้งเตือน`}>
      <Switch isSelected={settings.quiet} onChange={(quiet) => model.choose({ quiet })}>
        <Trans>งดแจ้งเตือนทุกวันในช่วงเวลาที่กำหนด</Trans>
      </Switch>
      {settings.quiet && (
        <div className="settings-times">
          <Select label={t`ตั้งแต่`} value={settings.quietFrom} options={times} onChange={(quietFrom) => model.choose({ quietFrom })} />
          <Select label={t`ถึง`} value={settings.quietTo} options={times} onChange={(quietTo) => model.choose({ quietTo })} />
        </div>
      )}
      {settings.quiet && settings.quietFrom === settings.quietTo && (
        <Notice kind="warn" live>
          <Trans>เวลาเริ่มและเวลาสิ้นสุดเท่ากัน จึงงดแจ้งเตือนตลอดวัน</Trans>
        </Notice>
      )}
    </PanelSection>
  );
}

function Trial({ model, state }: PartProps) {
  const { t } = useLingui();
  return (
    <PanelSection title={t`ทดสอบ`}>
      <div className="settings-form">
        <Button onPress={() => void model.test()}>
          <Trans>แสดงการแจ้งเตือนตัวอย่าง</Trans>
        </Button>
        <div role="status">
          <TrialResult test={state.test} />
        </div>
      </div>
    </PanelSection>
  );
}

function TrialResult({ test }: { test: NotificationsState["test"] }) {
  switch (test.kind) {
    case "none":
    case "waiting":
      return null;
    case "shown":
      return (
        <Notice kind="ok">
          <Trans>ส่งการแจ้งเตือนตัวอย่างให้เครื่องแสดงแล้ว หากไม่เห็น โปรดตรวจสอบโหมดห้ามรบกวนและการแจ้งเตือนของเบราว์เซอร์ในการตั้งค่าของเครื่อง</Trans>
        </Notice>
      );
    case "vanished":
      return (
        <Notice kind="warn">
          <Trans>เบราว์เซอร์รับการแจ้งเตือนไปแล้วแต่เครื่องไม่แสดง โปรดตรวจสอบโหมดห้ามรบกวนและการแจ้งเตือนของเบราว์เซอร์ในการตั้งค่าของเครื่อง</Trans>
        </Notice>
      );
    case "failed":
      return (
        <Notice kind="error">
          <Trans>แสดงการแจ้งเตือนตัวอย่างไม่สำเร็จ เบราว์เซอร์แจ้งว่า “{test.reason}”</Trans>
        </Notice>
      );
  }
}
