/** Profile photographs that wait for the reader: each as others would see it, approved, or refused with a reason (F17). */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import { waitingUrl } from "#core/photos";
import type { PhotoToJudge } from "#core/protocol";
import { formatDateTime } from "#i18n/dates";
import { Photo } from "#ui/Avatar";
import { Button } from "#ui/Button";
import { Dialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { Name, NamedText } from "#ui/Name";
import { nameOf, placeOf } from "#ui/names";
import { Notice } from "#ui/Notice";
import { PanelSection } from "#ui/Panel";
import { TextField } from "#ui/TextField";
import { useReadable } from "#ui/useReadable";

import type { JudgeModel } from "./JudgeModel";
import "./people.css";

export function PhotosToJudge({ model }: { model: JudgeModel }) {
  const { t } = useLingui();
  const { photos, waiting } = useReadable(model);
  const { failure } = useReadable(model.attempt);
  const reading = useReadable(model.reading);
  const [refusing, setRefusing] = useState<PhotoToJudge | null>(null);
  useEffect(() => model.start(), [model]);
  const more = waiting - photos.length;
  return (
    <>
      {refusing === null && <FailureNotice failure={failure ?? reading.failure} />}
      {photos.length > 0 && (
        <PanelSection title={t`รูปโปรไฟล์ที่รอท่านพิจารณา`}>
          <ul className="judge-list">
            {photos.map((one) => (
              <JudgeCard key={one.photo} one={one} model={model} onRefuse={() => setRefusing(one)} />
            ))}
          </ul>
          {more > 0 && <p>{plural(more, { other: "และอีก # รูป" })}</p>}
        </PanelSection>
      )}
      {refusing !== null && <RefuseDialog one={refusing} model={model} onClose={() => setRefusing(null)} />}
    </>
  );
}

/** Why the reader's own was refused, until they choose another. */
export function OwnRefusal({ reason }: { reason: string }) {
  const { t } = useLingui();
  return (
    <PanelSection title={t`รูปโปรไฟล์ของท่าน`}>
      <Notice kind="warn">
        <Trans>รูปโปรไฟล์ไม่ได้รับอนุมัติ: {reason}</Trans>
      </Notice>
    </PanelSection>
  );
}

function JudgeCard({ one, model, onRefuse }: { one: PhotoToJudge; model: JudgeModel; onRefuse: () => void }) {
  const { t } = useLingui();
  const { busy } = useReadable(model.attempt);
  const [name, when] = [nameOf(one), formatDateTime(one.at)];
  return (
    <li className="judge">
      <span className="judge-photo" role="img" aria-label={t`รูปที่ ${name} เลือก`}>
        <Photo address={waitingUrl(one.person, one.photo)} />
      </span>
      <div className="judge-words">
        <p className="judge-name">
          <Name>{name}</Name>
        </p>
        <p className="judge-detail">{placeOf(one)}</p>
        <p className="judge-detail">
          <Trans>เลือกเมื่อ {when}</Trans>
        </p>
        {one.shown != null && (
          <p className="judge-detail">
            <Trans>จะแทนรูปที่ผู้อื่นเห็นอยู่</Trans>
          </p>
        )}
      </div>
      <div className="judge-buttons">
        <Button onPress={onRefuse} label={t`ไม่อนุมัติรูปของ ${name}`}>
          <Trans>ไม่อนุมัติ</Trans>
        </Button>
        <Button variant="primary" isPending={busy} onPress={() => void model.judge(one, null)} label={t`อนุมัติรูปของ ${name}`}>
          <Trans>อนุมัติ</Trans>
        </Button>
      </div>
    </li>
  );
}

function RefuseDialog({ one, model, onClose }: { one: PhotoToJudge; model: JudgeModel; onClose: () => void }) {
  const { t } = useLingui();
  const [reason, setReason] = useState("");
  const { busy, failure } = useReadable(model.attempt);
  const name = nameOf(one);
  const close = () => {
    model.attempt.clear();
    onClose();
  };
  return (
    <Dialog
      title={t`ไม่อนุมัติรูปโปรไฟล์`}
      dirty={reason.trim() !== ""}
      closeLabel={t`ปิด`}
      size="s"
      onClose={close}
      footer={
        <>
          <Button onPress={close}>
            <Trans>ยกเลิก</Trans>
          </Button>
          <Button
            variant="primary"
            isPending={busy}
            denied={reason.trim() === "" ? t`โปรดระบุเหตุผล` : undefined}
            onPress={() => void model.judge(one, reason).then((done) => done && onClose())}
          >
            <Trans>ไม่อนุมัติ</Trans>
          </Button>
        </>
      }
    >
      <p>
        <NamedText text={t`${name} จะเห็นเหตุผลนี้ และรูปจะถูกลบ`} names={[name]} />
      </p>
      <TextField label={t`เหตุผล`} rows={3} value={reason} onChange={setReason} maxLength={500} autoFocus />
      <FailureNotice failure={failure} />
    </Dialog>
  );
}
