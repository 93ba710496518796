/**
 * The files attached to what is being written, above the field: each with its state and what can be done with it.
 *
 * Rules: the focus is never lost when a file is taken out: it goes to the next one, else to the field. What changes is
 * said in few words, and progress never (A6).
 */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useLayoutEffect, useRef } from "react";

import type { NotAttached } from "#core/index";
import type { UploadId } from "#core/snapshots";
import { failureText, reasonText } from "#i18n/reasons";
import { formatSize } from "#i18n/sizes";
import { AttachedFile, type FileVerbs } from "#ui/AttachedFile";
import { IconButton } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { LiveRegion } from "#ui/LiveRegion";
import { Dots, Notice } from "#ui/Notice";
import { useReadable } from "#ui/useReadable";

import type { AttachModel, AttachNews } from "./AttachModel";
import { chosenOf } from "./chosen";

interface TrayProps {
  model: AttachModel;
  now: () => number;
  /** Gives the focus to the field. */
  onLeave: () => void;
}

export function Tray({ model, now, onLeave }: TrayProps) {
  const { t } = useLingui();
  const { files, reading, refused } = useReadable(model);
  const attempt = useReadable(model.attempt);
  const list = useRef<HTMLUListElement>(null);
  /** The file that was taken out, and where it stood. */
  const leaving = useRef<{ readonly id: UploadId; readonly index: number } | null>(null);
  useEffect(() => model.watch(), [model]);
  useLayoutEffect(() => {
    const left = leaving.current;
    if (left === null || files.some(({ id }) => id === left.id)) return;
    leaving.current = null;
    const next = files[Math.min(left.index, files.length - 1)];
    const place = next === undefined ? null : list.current?.querySelector<HTMLElement>(`[data-attached="${CSS.escape(next.id)}"] .attached-tools > :last-child`);
    if (place) place.focus();
    else onLeave();
  }, [files, onLeave]);
  const verbs: FileVerbs = {
    ...{ pause: model.pause, resume: model.resume, retry: model.retry, setOriginal: model.setOriginal },
    ...{ localOf: model.localOf, bytesOf: model.bytesOf, addressOf: model.addressOf },
    chooseAgain: (id, file) => void chosenOf([file], now())[0]?.read().then((chosen) => model.chooseAgain(id, chosen)),
    remove: (id) => {
      leaving.current = { id, index: files.findIndex((file) => file.id === id) };
      model.remove(id);
    },
  };
  return (
    <>
      <TrayVoice model={model} />
      <FailureNotice failure={attempt.failure} />
      <RefusedFiles refused={refused} largest={model.largest()} onClose={model.forgetRefused} />
      {(files.length > 0 || reading > 0) && (
        <ul className="tray" ref={list} aria-label={t`ไฟล์ที่แนบ`}>
          {files.map((file) => (
            <li key={file.id}>
              <AttachedFile file={file} verbs={verbs} />
            </li>
          ))}
          {reading > 0 && (
            <li className="tray-reading">
              <Dots />
              {plural(reading, { other: "กำลังอ่าน # ไฟล์" })}
            </li>
          )}
        </ul>
      )}
    </>
  );
}

/** What was not attached, and why: one reason once, with the names it holds for. */
function RefusedFiles({ refused, largest, onClose }: { refused: readonly NotAttached[]; largest: number | null; onClose: () => void }) {
  const { t } = useLingui();
  const codes = [...new Set(refused.map(({ code }) => code))];
  return (
    <div role="alert">
      {codes.length > 0 && (
        <Notice kind="error" action={<IconButton icon="close" size="s" label={t`ปิด`} onPress={onClose} />}>
          {codes.map((code) => (
            <p key={code}>
              <Trans>
                ไม่ได้แนบ {namesOf(refused, code)}: <RefusedReason code={code} largest={largest} />
              </Trans>
            </p>
          ))}
        </Notice>
      )}
    </div>
  );
}

const SHOWN = 3;

function namesOf(refused: readonly NotAttached[], code: string): string {
  const names = refused.filter((one) => one.code === code).map(({ name }) => `“${name}”`);
  const more = names.length - SHOWN;
  return [...names.slice(0, SHOWN), ...(more > 0 ? [plural(more, { other: "และอีก # ไฟล์" })] : [])].join(" ");
}

function RefusedReason({ code, largest }: { code: string; largest: number | null }) {
  switch (code) {
    case "upload_too_large":
      return <Trans>ไฟล์ใหญ่เกินไป ส่งได้ไม่เกิน {formatSize(largest ?? 0)}</Trans>;
    case "file_empty":
      return <Trans>ไฟล์นี้ไม่มีข้อมูล</Trans>;
    case "folder":
      return <Trans>แนบทั้งโฟลเดอร์ไม่ได้ โปรดเลือกไฟล์ในโฟลเดอร์ หรือบีบอัดเป็นไฟล์เดียวก่อน</Trans>;
    case "file_not_same":
      return <Trans>ไม่ใช่ไฟล์เดิม โปรดเลือกไฟล์ที่มีชื่อและขนาดเดียวกัน</Trans>;
    default:
      return reasonText(code);
  }
}

function TrayVoice({ model }: { model: AttachModel }) {
  const { t } = useLingui();
  const { turn, said } = useReadable(model.news);
  const words = (news: AttachNews | null): string => {
    switch (news?.kind) {
      case undefined:
        return "";
      case "attached":
        return plural(news.count, { other: "แนบแล้ว # ไฟล์" });
      case "removed":
        return t`นำ ${news.name} ออกแล้ว`;
      case "failed": {
        const why = news.failure === null ? "" : failureText(news.failure, null);
        return t`อัปโหลด ${news.name} ไม่สำเร็จ ${why}`;
      }
      case "missing":
        return t`โปรดเลือก ${news.name} อีกครั้งเพื่ออัปโหลดต่อ`;
      case "ready":
        return t`อัปโหลดไฟล์ที่แนบครบแล้ว`;
    }
  };
  return <LiveRegion text={words(said)} turn={turn} />;
}
