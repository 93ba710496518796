import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import type { Me } from "#core/protocol";
import { Avatar } from "#ui/Avatar";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { Name } from "#ui/Name";
import { inPageLanguage, nameOf, unitOf } from "#ui/names";
import { Notice } from "#ui/Notice";
import { Panel, PanelSection } from "#ui/Panel";
import { TextField } from "#ui/TextField";
import { useReadable } from "#ui/useReadable";

import type { AccountModel } from "./AccountModel";
import type { PhotoModel } from "./PhotoModel";
import { PhotoSection } from "./PhotoSection";
import type { Leave } from "./SettingsList";
import { SpaceSection } from "./SpaceSection";

/** What others see of the reader. The directory owns the official fields; the status is the reader's own (F17). */
export function MeView({ model, photo, me, leave }: { model: AccountModel; photo: PhotoModel; me: Me; leave: Leave | undefined }) {
  const { t } = useLingui();
  const { person } = me;
  const name = nameOf(person);
  const [status, setStatus] = useState(person.status ?? "");
  const { busy, failure } = useReadable(model.attempt);
  useEffect(() => () => model.attempt.clear(), [model]);
  return (
    <Panel label={t`ข้อมูลของท่าน`} title={<Trans>ข้อมูลของท่าน</Trans>} {...(leave ? { leave } : {})} className="settings-panel">
      <header className="settings-me">
        <Avatar id={person.id} name={name} size="xl" />
        <div>
          <h3>
            <Name>{name}</Name>
          </h3>
          <p className="settings-hint">{[inPageLanguage(person.post, person.post_en), inPageLanguage(person.rank, person.rank_en), unitOf(person)].filter(Boolean).join(" · ")}</p>
        </div>
      </header>
      <PhotoSection model={photo} person={person} />
      <PanelSection title={t`สถานะ`}>
        <form
          className="settings-form"
          onSubmit={(event) => {
            event.preventDefault();
            void model.setStatus(status);
          }}
        >
          <TextField label={t`ข้อความสถานะ`} hint={t`เช่น ประชุมถึงบ่ายสามโมง หรือ ลาพักผ่อน`} value={status} onChange={setStatus} maxLength={140} />
          <FailureNotice failure={failure} />
          <Button type="submit" variant="primary" isPending={busy} denied={status.trim() === (person.status ?? "") ? t`ยังไม่มีการเปลี่ยนแปลง` : undefined}>
            <Trans>บันทึกสถานะ</Trans>
          </Button>
        </form>
      </PanelSection>
      <SpaceSection model={model} />
      <PanelSection title={t`ข้อมูลจากทะเบียนบุคลากร`}>
        <Notice>
          <Trans>ชื่อ ตำแหน่ง สังกัด และช่องทางติดต่อมาจากทะเบียนบุคลากรของหน่วยงาน หากไม่ถูกต้องโปรดแจ้งงานบุคคล</Trans>
        </Notice>
      </PanelSection>
    </Panel>
  );
}
