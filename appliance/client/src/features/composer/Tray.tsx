/**
 * The files attached to what is being written, above the field: each with its state and what can be done with it.
 *
 * Rules: the focus is never lost when a file is taken out: it goes to the next one, else to the field. What changes is
 * said in few words, and progress never (A6). Files stand in the order in which they are sent; those that cannot be sent
 * are counted above the list, with the way to the first of them, and what is out of sight below is counted under it.
 */
import { plural } from "@lingui/core/macro";
import { useLingui } from "@lingui/react/macro";
import { useEffect, useLayoutEffect, useRef } from "react";

import type { UploadId } from "#core/snapshots";
import { failureText } from "#i18n/reasons";
import { AttachedFile, type FileVerbs } from "#ui/AttachedFile";
import { FailureNotice } from "#ui/Failure";
import { LiveRegion } from "#ui/LiveRegion";
import { Dots } from "#ui/Notice";
import { useReadable } from "#ui/useReadable";

import type { AttachModel, AttachNews } from "./AttachModel";
import { chosenOf } from "./chosen";
import { RefusedFiles } from "./RefusedFiles";
import { TrayHead } from "./TrayFrame";

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
    if (next === undefined || !focusIn(list.current, next.id)) onLeave();
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
      <RefusedFiles refused={refused} limits={model.limits()} onClose={model.forgetRefused} />
      <TrayHead files={files} onShow={(id) => focusIn(list.current, id)} />
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

/** Goes to the last tool of a file: what takes it out. */
function focusIn(list: HTMLElement | null, id: UploadId): boolean {
  const place = list?.querySelector<HTMLElement>(`[data-attached="${CSS.escape(id)}"] .attached-tools > :last-child`);
  place?.focus();
  place?.closest("li")?.scrollIntoView({ block: "nearest" });
  return place !== null && place !== undefined;
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
