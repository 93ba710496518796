/**
 * A file of ours that is no part of a sent message yet: what it is, how far it has got, and what can be done about it. The
 * same in the composer's tray and in a message that waits.
 *
 * Rules: progress is what the server has, in words beside the bar; why something failed stands there in words; every
 * button names its file.
 */
import { Trans, useLingui } from "@lingui/react/macro";

import type { LocalFile } from "#core/ports";
import type { Attachment, UploadId } from "#core/snapshots";
import { failureText } from "#i18n/reasons";
import { formatLength, formatSize } from "#i18n/sizes";
import { chooseFiles, isBrowserFile } from "#platform/localFiles";

import { Checkbox } from "./Checkbox";
import { Icon, type IconName } from "./Icon";
import { Listen } from "./Listen";
import { Progress } from "./Progress";
import { Thumb } from "./Thumb";
import { ToolButton } from "./ToolButton";
import "./AttachedFile.css";

/** What can be done with a file; what is null cannot be done in this place. */
export interface FileVerbs {
  readonly pause: (id: UploadId) => void;
  readonly resume: (id: UploadId) => void;
  readonly retry: (id: UploadId) => void;
  readonly chooseAgain: (id: UploadId, file: File) => void;
  readonly remove: ((id: UploadId) => void) | null;
  readonly setOriginal: ((id: UploadId, on: boolean) => void) | null;
  /** The file itself, while this page has it. */
  readonly localOf: (id: UploadId) => LocalFile | null;
  /** The bytes, while this device has them all. */
  readonly bytesOf: (id: UploadId) => Promise<Blob | null>;
  /** Where a ready upload is read. */
  readonly addressOf: (remote: string) => string;
}

export const FORM_ICONS: Readonly<Record<Attachment["form"], IconName>> = {
  picture: "image",
  video: "film",
  sound: "sound",
  voice: "microphone",
  document: "file",
};

/** Trying again changes nothing about these. */
const FINAL: ReadonlySet<string> = new Set([
  ...["upload_too_large", "file_type_blocked", "file_name", "file_empty", "files_not_allowed", "label_too_high"],
  ...["not_a_member", "room_closed", "quota_person", "file_unreadable", "file_infected", "file_not_cleaned"],
]);

interface AttachedFileProps {
  file: Attachment;
  verbs: FileVerbs;
  tabIndex?: number;
}

export function AttachedFile({ file, verbs, tabIndex }: AttachedFileProps) {
  const { name, state } = file;
  const local = verbs.localOf(file.id);
  const seen = isBrowserFile(local) ? local : null;
  const isGoing = state === "waiting" || state === "sending" || state === "paused";
  const findSound = async () => seen?.blob ?? (state === "ready" && file.remote !== null ? verbs.addressOf(file.remote) : await verbs.bytesOf(file.id));
  return (
    <div className={`attached attached-${state}`} role="group" aria-label={name} data-attached={file.id}>
      <Thumb picture={seen?.thumb ?? null} icon={FORM_ICONS[file.form]} />
      <div className="attached-main">
        <p className="attached-name" title={name}>
          {name}
        </p>
        <p className="attached-state">
          <StateWords file={file} />
        </p>
        {isGoing && <FileProgress file={file} />}
      </div>
      <FileTools file={file} verbs={verbs} tabIndex={tabIndex} />
      {file.form === "voice" && <Listen name={name} find={findSound} seconds={file.seconds} levels={seen?.levels ?? null} {...(tabIndex === undefined ? {} : { tabIndex })} />}
      <Original file={file} verbs={verbs} />
    </div>
  );
}

function FileProgress({ file: { name, size, state, acknowledged } }: { file: Attachment }) {
  const { t } = useLingui();
  const [done, all] = [formatSize(acknowledged), formatSize(size)];
  return <Progress label={t`อัปโหลด ${name}`} value={size === 0 ? 0 : acknowledged / size} text={t`${done} จาก ${all}`} still={state !== "sending"} />;
}

function StateWords({ file }: { file: Attachment }) {
  const { size, state, acknowledged, failure, form, seconds } = file;
  const [done, all] = [formatSize(acknowledged), formatSize(size)];
  switch (state) {
    case "waiting":
      return <Trans>รออัปโหลด · {all}</Trans>;
    case "sending":
      return (
        <Trans>
          กำลังอัปโหลด {done} จาก {all}
        </Trans>
      );
    case "paused":
      return (
        <Trans>
          หยุดไว้ชั่วคราว {done} จาก {all}
        </Trans>
      );
    case "preparing":
      return <Trans>กำลังตรวจและเตรียมไฟล์ · {all}</Trans>;
    case "ready": {
      const length = seconds === null || form === "picture" ? null : formatLength(seconds);
      return length === null ? <Trans>พร้อมส่ง · {all}</Trans> : <Trans>พร้อมส่ง · {length} · {all}</Trans>;
    }
    case "failed":
      return (
        <span className="attached-reason">
          <Icon name="error" size="s" />
          <span>{failure === null ? <Trans>อัปโหลดไม่สำเร็จ</Trans> : failureText(failure, null)}</span>
        </span>
      );
    case "missing":
      return (
        <span className="attached-reason">
          <Icon name="error" size="s" />
          <Trans>อุปกรณ์นี้ไม่ได้เก็บไฟล์ไว้ โปรดเลือกไฟล์เดิมอีกครั้งเพื่ออัปโหลดต่อ</Trans>
        </span>
      );
  }
}

/** Pictures and videos lose what they say of place and device, unless their sender wants them as they are. */
function Original({ file, verbs }: { file: Attachment; verbs: FileVerbs }) {
  const { id, form, original, originalFree } = file;
  const set = verbs.setOriginal;
  if (form !== "picture" && form !== "video") return null;
  if (set === null || !originalFree) {
    if (!original) return null;
    return (
      <p className="attached-original">
        <Icon name="location" size="s" />
        <Trans>ต้นฉบับ (มีข้อมูลตำแหน่งและเครื่อง)</Trans>
      </p>
    );
  }
  return (
    <div className="attached-original">
      <Checkbox isSelected={original} onChange={(on) => set(id, on)}>
        <Trans>ส่งต้นฉบับ (มีข้อมูลตำแหน่งและเครื่อง)</Trans>
      </Checkbox>
    </div>
  );
}

interface ToolsProps {
  file: Attachment;
  verbs: FileVerbs;
  tabIndex: number | undefined;
}

function FileTools({ file: { id, name, state, failure }, verbs, tabIndex }: ToolsProps) {
  const { t } = useLingui();
  const tab = tabIndex === undefined ? {} : { tabIndex };
  const again = () => chooseFiles({ multiple: false }, ([file]) => file !== undefined && verbs.chooseAgain(id, file));
  return (
    <div className="attached-tools">
      {(state === "waiting" || state === "sending") && <ToolButton icon="pause" label={t`หยุดอัปโหลด ${name} ชั่วคราว`} onPress={() => verbs.pause(id)} {...tab} />}
      {state === "paused" && <ToolButton icon="play" label={t`อัปโหลด ${name} ต่อ`} onPress={() => verbs.resume(id)} {...tab} />}
      {state === "failed" && !FINAL.has(failure?.code ?? "") && <ToolButton icon="refresh" label={t`อัปโหลด ${name} อีกครั้ง`} onPress={() => verbs.retry(id)} {...tab} />}
      {state === "missing" && <ToolButton icon="file" label={t`เลือก ${name} อีกครั้ง`} onPress={again} {...tab} />}
      {verbs.remove !== null && <ToolButton icon="close" label={t`นำ ${name} ออก`} onPress={() => verbs.remove?.(id)} {...tab} />}
    </div>
  );
}
