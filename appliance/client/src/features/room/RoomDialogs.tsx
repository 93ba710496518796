/** The questions a room's settings ask before something happens, one at a time. */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";

import type { Attempt } from "#core/attempt";
import { spellingsOf } from "#core/naming";
import type { MemberView, MyRequest } from "#core/protocol";
import { folded, namedLike } from "#core/text";
import { Avatar } from "#ui/Avatar";
import { Button } from "#ui/Button";
import { ConfirmDialog, Dialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { Name, NamedText } from "#ui/Name";
import { nameOf, unitOf } from "#ui/names";
import { Row } from "#ui/Row";
import { SearchField } from "#ui/SearchField";
import { TextField } from "#ui/TextField";
import { useReadable } from "#ui/useReadable";

import type { Answering } from "./RequestsModel";
import type { RoomModel } from "./RoomModel";

export type RoomDialog =
  | { readonly kind: "rename" | "close" | "clear" | "ask" }
  | { readonly kind: "decline"; readonly request: MyRequest }
  | { readonly kind: "remove"; readonly member: MemberView }
  | { readonly kind: "transfer"; readonly to: MemberView | null };

interface RoomDialogsProps {
  dialog: RoomDialog | null;
  model: RoomModel;
  title: string;
  escalatesDays: number | null;
  onClose: () => void;
}

export function RoomDialogs({ dialog, ...rest }: RoomDialogsProps) {
  switch (dialog?.kind) {
    case undefined:
      return null;
    case "rename":
      return <RenameDialog {...rest} />;
    case "ask":
      return <AskDialog {...rest} />;
    case "decline":
      return <DeclineDialog {...rest} request={dialog.request} />;
    case "transfer":
      return <TransferDialog {...rest} to={dialog.to} />;
    case "remove":
      return <RemoveDialog {...rest} member={dialog.member} />;
    case "close":
      return <CloseDialog {...rest} />;
    case "clear":
      return <ClearDialog {...rest} />;
  }
}

type OneProps = Omit<RoomDialogsProps, "dialog">;

function useDone(model: { readonly attempt: Attempt }, onClose: () => void) {
  const attempt = useReadable(model.attempt);
  const close = () => {
    model.attempt.clear();
    onClose();
  };
  const run = (work: Promise<boolean>) => void work.then((done) => done && onClose());
  return { attempt, close, run, error: <FailureNotice failure={attempt.failure} /> };
}

/** The two ways out of a dialog with a field. */
function Asked({ onCancel, children }: { onCancel: () => void; children: ReactNode }) {
  return (
    <>
      <Button onPress={onCancel}>
        <Trans>ยกเลิก</Trans>
      </Button>
      {children}
    </>
  );
}

function RenameDialog({ model, title, onClose }: OneProps) {
  const { t } = useLingui();
  const [name, setName] = useState(title);
  const { attempt, close, run, error } = useDone(model, onClose);
  const save = () => run(model.rename(name));
  return (
    <Dialog
      title={t`เปลี่ยนชื่อห้อง`}
      dirty={name.trim() !== title}
      closeLabel={t`ปิด`}
      size="s"
      onClose={close}
      footer={
        <Asked onCancel={close}>
          <Button variant="primary" isPending={attempt.busy} denied={name.trim() === "" ? t`โปรดตั้งชื่อห้อง` : name.trim() === title ? t`ยังไม่มีการเปลี่ยนแปลง` : undefined} onPress={save}>
            <Trans>บันทึก</Trans>
          </Button>
        </Asked>
      }
    >
      <TextField label={t`ชื่อห้อง`} hint={t`สมาชิกทุกคนเห็นการเปลี่ยนชื่อ และชื่อเดิมอยู่ในประวัติ`} value={name} onChange={setName} maxLength={120} autoFocus />
      {error}
    </Dialog>
  );
}

function AskDialog({ model, escalatesDays, onClose }: OneProps) {
  const { t } = useLingui();
  const [reason, setReason] = useState("");
  const { attempt, close, run, error } = useDone(model, onClose);
  return (
    <Dialog
      title={t`ขอออกจากห้อง`}
      dirty={reason.trim() !== ""}
      closeLabel={t`ปิด`}
      size="s"
      onClose={close}
      footer={
        <Asked onCancel={close}>
          <Button variant="primary" isPending={attempt.busy} onPress={() => run(model.askRemoval(reason))}>
            <Trans>ส่งคำขอ</Trans>
          </Button>
        </Asked>
      }
    >
      <p>
        {escalatesDays === null ? (
          <Trans>คำขอจะส่งถึงเจ้าของห้อง หากไม่ได้รับคำตอบ ระบบจะส่งต่อผู้ดูแลหน่วยงาน</Trans>
        ) : (
          plural(escalatesDays, { other: "คำขอจะส่งถึงเจ้าของห้อง หากไม่ได้รับคำตอบภายใน # วัน ระบบจะส่งต่อผู้ดูแลหน่วยงาน" })
        )}
      </p>
      <TextField label={t`เหตุผล (ไม่บังคับ)`} rows={3} value={reason} onChange={setReason} maxLength={500} />
      {error}
    </Dialog>
  );
}

export function DeclineDialog({ model, request, onClose }: { model: Answering; request: MyRequest; onClose: () => void }) {
  const { t } = useLingui();
  const [note, setNote] = useState("");
  const { attempt, close, run, error } = useDone(model, onClose);
  const name = nameOf(request);
  return (
    <Dialog
      title={t`ไม่อนุมัติคำขอ`}
      dirty={note.trim() !== ""}
      closeLabel={t`ปิด`}
      size="s"
      onClose={close}
      footer={
        <Asked onCancel={close}>
          <Button variant="primary" isPending={attempt.busy} onPress={() => run(model.answer(request, "refused", note))}>
            <Trans>ไม่อนุมัติ</Trans>
          </Button>
        </Asked>
      }
    >
      <p>
        <NamedText text={t`${name} จะเห็นคำตอบและข้อความนี้`} names={[name]} />
      </p>
      <TextField label={t`ข้อความถึงผู้ขอ (ไม่บังคับ)`} rows={3} value={note} onChange={setNote} maxLength={500} autoFocus />
      {error}
    </Dialog>
  );
}

function TransferDialog({ model, to, onClose }: OneProps & { to: MemberView | null }) {
  const { t } = useLingui();
  const { members } = useReadable(model);
  const [chosen, setChosen] = useState(to);
  const [query, setQuery] = useState("");
  const { attempt, close, run, error } = useDone(model, onClose);
  if (chosen) {
    const name = nameOf(chosen);
    return (
      <ConfirmDialog
        title={t`มอบสิทธิ์เจ้าของห้องหรือไม่`}
        confirmLabel={t`มอบสิทธิ์`}
        cancelLabel={t`ยกเลิก`}
        isPending={attempt.busy}
        error={error}
        onClose={close}
        onConfirm={() => run(model.transfer(chosen.person))}
      >
        <p>
          <NamedText text={t`${name} จะเป็นเจ้าของห้องทันที ท่านจะเป็นสมาชิกธรรมดา และขอสิทธิ์คืนเองไม่ได้`} names={[name]} />
        </p>
      </ConfirmDialog>
    );
  }
  const may = members.filter((member) => member.person !== model.me && member.active !== false);
  const others = namedLike(may, query, spellingsOf);
  return (
    <Dialog title={t`เลือกเจ้าของห้องคนใหม่`} closeLabel={t`ปิด`} size="s" onClose={close}>
      <SearchField label={t`ค้นหาสมาชิก`} clearLabel={t`ล้างคำค้น`} value={query} onChange={setQuery} autoFocus />
      <ul className="dialog-list">
        {others.map((member) => (
          <li key={member.person}>
            <Row
              lead={<Avatar id={member.person} name={nameOf(member)} size="s" />}
              title={<Name>{nameOf(member)}</Name>}
              detail={unitOf(member) ?? undefined}
              onPress={() => setChosen(member)}
            />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

function RemoveDialog({ model, member, onClose }: OneProps & { member: MemberView }) {
  const { t } = useLingui();
  const [reason, setReason] = useState("");
  const { attempt, close, run, error } = useDone(model, onClose);
  const name = nameOf(member);
  return (
    <ConfirmDialog
      title={t`นำ ${name} ออกจากห้องหรือไม่`}
      names={[name]}
      confirmLabel={t`นำออก`}
      cancelLabel={t`ยกเลิก`}
      danger
      isPending={attempt.busy}
      error={error}
      onClose={close}
      dirty={reason.trim() !== ""}
      onConfirm={() => run(model.remove(member.person, reason))}
    >
      <p>
        <Trans>มีผลทันที บุคคลนี้จะไม่เห็นห้องและข้อความในห้องอีก</Trans>
      </p>
      <TextField label={t`เหตุผล (ไม่บังคับ)`} hint={t`แสดงให้ผู้ที่ถูกนำออกเห็นเท่านั้น`} rows={3} value={reason} onChange={setReason} maxLength={500} />
    </ConfirmDialog>
  );
}

/** Nothing undoes it and it concerns everybody in the room, so its owner names the room first. */
function CloseDialog({ model, title, onClose }: OneProps) {
  const { t } = useLingui();
  const { room } = useReadable(model);
  const [typed, setTyped] = useState("");
  const { attempt, close, run, error } = useDone(model, onClose);
  const members = room?.view.member_count ?? 0;
  return (
    <ConfirmDialog
      title={t`ปิดห้อง “${title}” หรือไม่`}
      confirmLabel={t`ปิดห้อง`}
      cancelLabel={t`ยกเลิก`}
      danger
      isPending={attempt.busy}
      denied={folded(typed) === folded(title) ? undefined : t`โปรดพิมพ์ชื่อห้องให้ตรงกันก่อน`}
      error={error}
      onClose={close}
      onConfirm={() => run(model.close())}
    >
      <p>
        {plural(members, { other: "สมาชิกทั้ง # คนจะส่งข้อความในห้องนี้ไม่ได้อีกทันที" })} <Trans>ห้องที่ปิดแล้วเปิดใหม่ไม่ได้ ข้อความเดิมยังอ่านและค้นหาได้</Trans>
      </p>
      <TextField label={t`พิมพ์ชื่อห้อง “${title}” เพื่อยืนยัน`} value={typed} onChange={setTyped} />
    </ConfirmDialog>
  );
}

function ClearDialog({ model, onClose }: OneProps) {
  const { t } = useLingui();
  const { attempt, close, run, error } = useDone(model, onClose);
  return (
    <ConfirmDialog
      title={t`ล้างการสนทนาจากหน้าจอหรือไม่`}
      confirmLabel={t`ล้าง`}
      cancelLabel={t`ยกเลิก`}
      isPending={attempt.busy}
      error={error}
      onClose={close}
      onConfirm={() => run(model.clear())}
    >
      <p>
        <Trans>
          ข้อความจะหายไปจากหน้าจอของท่านเท่านั้น สมาชิกอื่นยังเห็นตามเดิม ท่านยังค้นหาพบ และแสดงอีกครั้งได้
          ห้องนี้จะอยู่ในตัวกรอง “ซ่อนไว้” ของรายชื่อห้องจนกว่าจะมีข้อความใหม่
        </Trans>
      </p>
    </ConfirmDialog>
  );
}
