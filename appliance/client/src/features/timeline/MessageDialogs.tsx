/** Asking before a message is retracted, and every wording a message has had. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import { type Failure, failureOf } from "#core/failure";
import type { Version } from "#core/protocol";
import type { MessageItem } from "#core/snapshots";
import { formatDateTime } from "#i18n/dates";
import { messageLine } from "#i18n/files";
import { ConfirmDialog, Dialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { Icon } from "#ui/Icon";
import { Loading } from "#ui/Notice";
import { TextField } from "#ui/TextField";
import { Time } from "#ui/Time";
import { useReadable } from "#ui/useReadable";

import type { TimelineModel } from "./TimelineModel";

interface MessageDialogProps {
  item: MessageItem;
  model: TimelineModel;
  onClose: () => void;
}

export function RetractDialog({ item, model, onClose }: MessageDialogProps) {
  const { t } = useLingui();
  const [reason, setReason] = useState("");
  const attempt = useReadable(model.attempt);
  return (
    <ConfirmDialog
      title={t`เรียกคืนข้อความนี้หรือไม่`}
      dirty={reason.trim() !== ""}
      confirmLabel={t`เรียกคืน`}
      cancelLabel={t`ไม่เรียกคืน`}
      danger
      isPending={attempt.busy}
      error={<FailureNotice failure={attempt.failure} />}
      onClose={onClose}
      onConfirm={() => void model.retract(item.n, reason.trim()).then((done) => done && onClose())}
    >
      <p>
        <Trans>สมาชิกทุกคนจะไม่เห็นข้อความนี้อีก แต่จะเห็นว่ามีข้อความถูกเรียกคืน</Trans>
      </p>
      {item.text.trim() !== "" && <blockquote className="dialog-quote">{item.text}</blockquote>}
      <RetractedFiles names={item.files.map(({ name }) => name)} />
      <TextField label={t`เหตุผล (ไม่บังคับ)`} value={reason} onChange={setReason} maxLength={200} />
    </ConfirmDialog>
  );
}

/** Which files go with the message, and what stays with those who have them already. */
function RetractedFiles({ names }: { names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <>
      <p>{plural(names.length, { other: "ไฟล์ในข้อความนี้ # ไฟล์จะถูกเรียกคืนด้วย" })}</p>
      <ul className="dialog-files">
        {names.map((name, i) => (
          <li key={i}>
            <Icon name="clip" size="s" /> <bdi>{name}</bdi>
          </li>
        ))}
      </ul>
      <p>
        <Trans>ผู้ที่ดาวน์โหลดไฟล์ไว้แล้วจะยังมีสำเนาอยู่</Trans>
      </p>
    </>
  );
}

type Loaded = { kind: "loading" } | { kind: "failed"; failure: Failure } | { kind: "loaded"; versions: readonly Version[] };

export function HistoryDialog({ item, model, onClose }: MessageDialogProps) {
  const { t } = useLingui();
  const [state, setState] = useState<Loaded>({ kind: "loading" });
  useEffect(() => {
    model
      .history(item.n)
      .then((versions) => setState({ kind: "loaded", versions }))
      .catch((error: unknown) => setState({ kind: "failed", failure: failureOf(error) }));
  }, [item.n, model]);
  return (
    <Dialog title={t`ประวัติการแก้ไข`} closeLabel={t`ปิด`} onClose={onClose}>
      {state.kind === "loading" && <Loading label={t`กำลังโหลด`} />}
      {state.kind === "failed" && <FailureNotice failure={state.failure} />}
      {state.kind === "loaded" && (
        <ol className="history-list">
          {[...state.versions].reverse().map((version, i) => (
            <li key={version.n}>
              <p className="history-when">
                <Time at={version.at}>{formatDateTime(version.at)}</Time>{" "}
                {i === 0 ? <Trans>ฉบับปัจจุบัน</Trans> : i === state.versions.length - 1 ? <Trans>ฉบับแรก</Trans> : null}
              </p>
              <blockquote className="dialog-quote">{version.body == null ? <Trans>ข้อความนี้เสียหายในระบบจัดเก็บ จึงแสดงไม่ได้</Trans> : messageLine(version.body.text, version.body.files ?? [])}</blockquote>
            </li>
          ))}
        </ol>
      )}
    </Dialog>
  );
}
