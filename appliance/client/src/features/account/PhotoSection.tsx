import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";

import { photoUrl, waitingUrl } from "#core/photos";
import type { PersonView } from "#core/protocol";
import { browserFile, chooseFiles, fileName } from "#platform/localFiles";
import { Avatar, Photo } from "#ui/Avatar";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { nameOf } from "#ui/names";
import { Notice } from "#ui/Notice";
import { PanelSection } from "#ui/Panel";
import { useReadable } from "#ui/useReadable";

import type { PhotoModel } from "./PhotoModel";

const PICTURES = "image/jpeg,image/png,image/webp,image/gif,image/heic,image/heif,image/avif";

/** The reader's photograph: chosen, looked at as others will see it, sent, removed (F17). */
export function PhotoSection({ model, person }: { model: PhotoModel; person: PersonView }) {
  const { t } = useLingui();
  const { own, chosen, tooLarge } = useReadable(model);
  const { busy, failure } = useReadable(model.attempt);
  const [unseen, setUnseen] = useState<Blob | null>(null);
  useEffect(() => model.open(), [model]);
  const choose = () =>
    chooseFiles({ accept: PICTURES, multiple: false }, ([file]) => {
      if (file !== undefined) void browserFile(file, fileName(file.name, t`รูปโปรไฟล์`)).then(model.choose);
    });
  const isUnseen = chosen !== null && chosen.blob === unseen;
  const reason = own?.refused ?? "";
  const has = own !== null && (own.shown != null || own.waiting != null);
  if (own?.mode === "off" && !has) return null;
  return (
    <PanelSection title={t`รูปโปรไฟล์`}>
      <div className="settings-form">
        <div className="settings-photo">
          <Preview chosen={chosen?.blob ?? null} isUnseen={isUnseen} onUnseen={setUnseen} person={person} waiting={own?.waiting ?? null} shown={own?.shown ?? null} />
          <p role="status">
            {chosen === null ? <PhotoState waiting={own?.waiting != null} shown={own?.shown != null} /> : <ChosenWords busy={busy} isUnseen={isUnseen} />}
          </p>
        </div>
        {own?.refused != null && chosen === null ? (
          <Notice kind="warn" live>
            <Trans>รูปโปรไฟล์ไม่ได้รับอนุมัติ: {reason}</Trans>
          </Notice>
        ) : null}
        {tooLarge ? (
          <Notice kind="warn" live>
            <Trans>รูปนี้ใหญ่เกินไป โปรดเลือกรูปขนาดไม่เกิน 10 MB</Trans>
          </Notice>
        ) : null}
        <FailureNotice failure={failure} />
        {/* The keys keep the focus from passing to another button under a second press (`ui/keepFocus.ts`). */}
        <div className="settings-actions">
          {chosen === null ? (
            <>
              {own?.mode === "off" ? null : (
                <Button key="choose" onPress={choose} denied={busy || own === null ? t`โปรดรอสักครู่` : undefined}>
                  {has ? <Trans>เปลี่ยนรูป</Trans> : <Trans>เลือกรูป</Trans>}
                </Button>
              )}
              {has ? (
                <Button key="remove" variant="quiet" isPending={busy} onPress={() => void model.remove(person.id)}>
                  <Trans>ลบรูป</Trans>
                </Button>
              ) : null}
            </>
          ) : (
            <>
              <Button key="send" variant="primary" isPending={busy} onPress={() => void model.send(person.id)}>
                <Trans>ใช้รูปนี้</Trans>
              </Button>
              <Button key="cancel" variant="quiet" onPress={model.cancel}>
                <Trans>ยกเลิก</Trans>
              </Button>
            </>
          )}
        </div>
      </div>
    </PanelSection>
  );
}

function ChosenWords({ busy, isUnseen }: { busy: boolean; isUnseen: boolean }) {
  if (busy) return <Trans>ระบบกำลังตรวจและเตรียมรูป อาจใช้เวลาสักครู่</Trans>;
  return (
    <>
      {isUnseen && <Trans>เบราว์เซอร์นี้แสดงรูปนี้ไม่ได้ ท่านจะเห็นเมื่อส่งแล้ว</Trans>}{" "}
      <Trans>ผู้อื่นจะเห็นเฉพาะส่วนกลางของรูป ตำแหน่งที่ถ่ายและข้อมูลอื่นในไฟล์จะถูกลบออก</Trans>
    </>
  );
}

function PhotoState({ waiting, shown }: { waiting: boolean; shown: boolean }) {
  if (waiting && shown) return <Trans>รอการอนุมัติ ระหว่างนี้ผู้อื่นเห็นรูปเดิม</Trans>;
  if (waiting) return <Trans>รอการอนุมัติ ผู้อื่นจะเห็นรูปนี้เมื่อผู้ดูแลอนุมัติ</Trans>;
  return shown ? <Trans>ผู้อื่นเห็นรูปนี้</Trans> : <Trans>ยังไม่มีรูปโปรไฟล์</Trans>;
}

interface PreviewProps {
  chosen: Blob | null;
  /** The browser cannot draw what was chosen: initials stand for it. */
  isUnseen: boolean;
  onUnseen: (picture: Blob) => void;
  person: PersonView;
  waiting: string | null;
  shown: string | null;
}

/** What was chosen, as others will see it; else the one that waits, else the one that is shown, else initials. */
function Preview({ chosen, isUnseen, onUnseen, person, waiting, shown }: PreviewProps) {
  if (isUnseen || (chosen === null && waiting === null && shown === null)) return <Avatar id={person.id} name={nameOf(person)} size="xl" />;
  return (
    <span aria-hidden className="avatar avatar-xl">
      {chosen !== null ? <Chosen picture={chosen} onUnseen={onUnseen} /> : waiting !== null ? <Photo key={waiting} address={waitingUrl(person.id, waiting)} /> : null}
      {chosen === null && waiting === null && shown !== null ? <Photo key={shown} address={photoUrl(person.id, shown, 512)} /> : null}
    </span>
  );
}

/** A picture that this page has. */
function Chosen({ picture, onUnseen }: { picture: Blob; onUnseen: (picture: Blob) => void }) {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const element = image.current;
    if (element === null) return undefined;
    const address = URL.createObjectURL(picture);
    element.src = address;
    return () => URL.revokeObjectURL(address);
  }, [picture]);
  return <img ref={image} className="avatar-photo" alt="" onError={() => onUnseen(picture)} />;
}
