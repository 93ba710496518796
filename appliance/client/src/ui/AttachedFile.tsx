/**
 * A file of ours that is no part of a sent message yet: what it is, how far it has got, and what can be done about it. The
 * same in the composer's tray and in a message that waits.
 *
 * Rules: progress is what the server has, in words beside the bar; why something failed stands there in words; every
 * button names its file.
 */
import { Trans, useLingui } from "@lingui/react/macro";

import { wayOut } from "#core/fileFailures";
import { hasNoView } from "#core/fileFacts";
import { mayNameAuthor } from "#core/fileForms";
import type { LocalFile } from "#core/ports";
import type { Attachment, Cut, UploadId } from "#core/snapshots";
import { failureText } from "#i18n/reasons";
import { formatLength, formatSize } from "#i18n/sizes";
import { chooseFiles, isBrowserFile } from "#platform/localFiles";

import { Checkbox } from "./Checkbox";
import { Icon, type IconName } from "./Icon";
import { Listen } from "./Listen";
import { Progress } from "./Progress";
import { Thumb } from "./Thumb";
import { ToolButton } from "./ToolButton";
import { useThumb } from "./useThumb";
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

interface AttachedFileProps {
  file: Attachment;
  verbs: FileVerbs;
  tabIndex?: number;
}

export function AttachedFile({ file: here, verbs, tabIndex }: AttachedFileProps) {
  const file = asSent(here);
  const { name, state } = file;
  const local = verbs.localOf(file.id);
  const seen = isBrowserFile(local) ? local : null;
  const thumb = useThumb(file, seen?.thumb ?? null, verbs.bytesOf);
  const isGoing = state === "waiting" || state === "sending" || state === "paused";
  const findSound = async () => seen?.blob ?? (state === "ready" && file.remote !== null ? verbs.addressOf(file.remote) : await verbs.bytesOf(file.id));
  return (
    <div className={`attached attached-${state}`} role="group" aria-label={name} data-attached={file.id}>
      <Thumb picture={thumb} address={addressOfPicture(file, verbs)} icon={FORM_ICONS[file.form]} />
      <div className="attached-main">
        <p className="attached-name" title={name}>
          {name}
        </p>
        <p className="attached-state">
          <StateWords file={file} />
        </p>
        {isGoing && <FileProgress file={file} />}
        {state !== "failed" && <Notes file={file} />}
      </div>
      <FileTools file={file} verbs={verbs} tabIndex={tabIndex} />
      {file.form === "voice" && <Listen name={name} find={findSound} seconds={file.seconds} levels={seen?.levels ?? null} {...(tabIndex === undefined ? {} : { tabIndex })} />}
      <Original file={file} verbs={verbs} />
    </div>
  );
}

/** A picture that the browser cannot draw itself is shown as the server has made it. */
function addressOfPicture({ form, state, remote }: Attachment, { addressOf }: FileVerbs): string | null {
  return form === "picture" && state === "ready" && remote !== null ? addressOf(remote) : null;
}

/** The file under the name and in the size in which others will get it, as far as that is known. */
function asSent(file: Attachment): Attachment {
  const { state, sent } = file;
  return state === "ready" && sent !== null ? { ...file, ...sent, width: sent.width ?? file.width, height: sent.height ?? file.height } : file;
}

/** What its sender may want to know before it goes. */
function Notes({ file: { name, form, width, height } }: { file: Attachment }) {
  const isHuge = form === "picture" && hasNoView(width, height);
  if (!isHuge && !mayNameAuthor(name)) return null;
  return (
    <p className="attached-note">
      {isHuge ? <Trans>ภาพใหญ่กว่า 50 ล้านพิกเซล จะส่งเป็นไฟล์ที่ไม่มีภาพตัวอย่าง</Trans> : <Trans>อาจมีชื่อผู้เขียนอยู่ในไฟล์</Trans>}
    </p>
  );
}

function FileProgress({ file: { name, size, state, acknowledged } }: { file: Attachment }) {
  const { t } = useLingui();
  const [done, all] = [formatSize(acknowledged), formatSize(size)];
  return <Progress label={t`อัปโหลด ${name}`} value={size === 0 ? 0 : acknowledged / size} text={t`${done} จาก ${all}`} still={state !== "sending"} />;
}

function StateWords({ file }: { file: Attachment }) {
  const { size, state, acknowledged, failure, form, seconds, cut } = file;
  const [done, all] = [formatSize(acknowledged), formatSize(size)];
  if (cut !== null) return <CutWords cut={cut} done={done} all={all} />;
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

/** Nobody has to do anything: it goes on by itself. */
function CutWords({ cut, done, all }: { cut: Cut; done: string; all: string }) {
  return (
    <span className="attached-cut">
      <Icon name="waiting" size="s" />
      <span>
        {cut === "line" ? <Trans>รอเครือข่าย จะส่งต่อเอง</Trans> : <Trans>ระบบยังไม่พร้อมรับ จะส่งต่อเอง</Trans>} ·{" "}
        <Trans>
          {done} จาก {all}
        </Trans>
      </span>
    </span>
  );
}

/**
 * Pictures and videos lose what they say of place and device, unless their sender wants them as they are; whatever could
 * not be cleaned may go as it is. Without its bytes the choice is not to be had: then it is said how to get it back.
 */
function Original({ file, verbs }: { file: Attachment; verbs: FileVerbs }) {
  const { id, form, original, originalFree, failure } = file;
  const set = verbs.setOriginal;
  const isRefused = failure !== null && wayOut(failure.code) === "original";
  const isCleaned = form === "picture" || form === "video";
  if (set !== null && originalFree && (isCleaned || isRefused || original)) {
    return (
      <>
        {isRefused && !original && (
          <p className="attached-original">
            <Trans>หากต้องการส่งตามเดิม โปรดเลือก “ส่งต้นฉบับ”</Trans>
          </p>
        )}
        <div className="attached-original">
          <Checkbox isSelected={original} onChange={(on) => set(id, on)}>
            <Trans>ส่งต้นฉบับ (มีข้อมูลตำแหน่งและเครื่อง)</Trans>
          </Checkbox>
        </div>
      </>
    );
  }
  if (set !== null && isRefused) {
    return (
      <p className="attached-original">
        <Icon name="info" size="s" />
        <Trans>อุปกรณ์นี้ไม่มีข้อมูลครบของไฟล์นี้แล้ว หากจะส่งต้นฉบับ โปรดนำออกแล้วแนบใหม่</Trans>
      </p>
    );
  }
  if (!original) return null;
  return (
    <p className="attached-original">
      <Icon name="location" size="s" />
      <Trans>ต้นฉบับ (มีข้อมูลตำแหน่งและเครื่อง)</Trans>
    </p>
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
      {state === "failed" && wayOut(failure?.code ?? "") === "again" && <ToolButton icon="refresh" label={t`อัปโหลด ${name} อีกครั้ง`} onPress={() => verbs.retry(id)} {...tab} />}
      {state === "missing" && <ToolButton icon="file" label={t`เลือก ${name} อีกครั้ง`} onPress={again} {...tab} />}
      {verbs.remove !== null && <ToolButton icon="close" label={t`นำ ${name} ออก`} onPress={() => verbs.remove?.(id)} {...tab} />}
    </div>
  );
}
