/**
 * Recording a voice message in place of the field: how long and how loud, pause, keep it to listen to it, delete, send.
 *
 * Rules: pressing is enough, nothing has to be held; Esc asks before it deletes. How loud it is shows for the eyes; the
 * length is the text for everybody, and only changes of state are said aloud. Under reduced motion nothing runs along: one
 * bar shows the loudness.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useRef } from "react";

import { ENDING_S, LONGEST_S, type Running } from "#core/recorder";
import { formatLength, spokenLength } from "#i18n/sizes";
import { askBeforeLeaving } from "#platform/leaving";
import { IconButton } from "#ui/Button";
import { ConfirmDialog } from "#ui/Dialog";
import { Icon } from "#ui/Icon";
import { Notice } from "#ui/Notice";
import { useMedia } from "#ui/useMedia";
import { Wave } from "#ui/Wave";

import type { VoiceModel } from "./VoiceModel";

interface RecorderBarProps {
  model: VoiceModel;
  state: Running;
  asking: boolean;
  onKeep: () => void;
  onSend: () => void;
}

const BARS = 40;

export function RecorderBar({ model, state, asking, onKeep, onSend }: RecorderBarProps) {
  const { t } = useLingui();
  const { kind, seconds } = state;
  const rest = useRef<HTMLButtonElement>(null);
  const isOver = kind === "over" || kind === "ending";
  useEffect(() => rest.current?.focus(), []);
  useEffect(() => askBeforeLeaving(), []);
  return (
    <div
      className={`recorder recorder-${kind}`}
      role="group"
      aria-label={t`บันทึกข้อความเสียง`}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || asking) return;
        event.stopPropagation();
        model.discard();
      }}
    >
      <p className="recorder-time">
        <span className="recorder-light" aria-hidden />
        <span role="timer" aria-label={spokenLength(Math.floor(seconds))}>
          {formatLength(Math.floor(seconds))}
        </span>
      </p>
      <Level state={state} />
      <span className="recorder-tools">
        <IconButton icon="retract" label={t`ลบเสียงที่บันทึก`} onPress={model.discard} className="composer-tool" />
        <IconButton icon="stop" label={t`หยุดและเก็บไว้ฟังก่อนส่ง`} onPress={onKeep} isPending={kind === "ending"} className="composer-tool" />
        {/* Where the microphone was: pressing twice pauses, and ends nothing. */}
        <IconButton
          ref={rest}
          icon={kind === "paused" ? "microphone" : "pause"}
          label={kind === "paused" ? t`บันทึกต่อ` : t`หยุดบันทึกชั่วคราว`}
          denied={isOver ? t`การบันทึกสิ้นสุดแล้ว` : undefined}
          onPress={kind === "paused" ? model.resume : model.pause}
          className="composer-tool"
        />
        <IconButton icon="send" label={t`ส่งข้อความเสียง`} variant="primary" onPress={onSend} isPending={kind === "ending"} className="composer-tool" />
      </span>
      <RecorderVoice state={state} />
      {asking && (
        <ConfirmDialog title={t`ลบเสียงที่บันทึกไว้หรือไม่`} confirmLabel={t`ลบ`} cancelLabel={t`กลับไปทำต่อ`} danger onClose={model.keepRecording} onConfirm={model.discardAnyway}>
          <p>
            <Trans>เสียงที่บันทึกไว้ {spokenLength(seconds)} จะถูกลบและกู้คืนไม่ได้</Trans>
          </p>
        </ConfirmDialog>
      )}
    </div>
  );
}

/** How loud it is, for the eyes: what was said runs along, or stands as one bar for whom motion disturbs. */
function Level({ state: { levels, kind } }: { state: Running }) {
  const isStill = useMedia("(prefers-reduced-motion: reduce)");
  const loud = kind === "recording" ? (levels.at(-1) ?? 0) : 0;
  if (!isStill) return <span className="recorder-wave"><Wave levels={levels} bars={BARS} /></span>;
  return (
    <svg className="recorder-meter" viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden focusable="false">
      <rect className="recorder-loud" width={10 * Math.round(loud / 10)} height="4" />
    </svg>
  );
}

/** What changed, said once; and what the person should know of it, in sight as well. */
function RecorderVoice({ state: { kind, seconds, silent, ended } }: { state: Running }) {
  const { t } = useLingui();
  const most = spokenLength(LONGEST_S);
  const minutes = spokenLength(LONGEST_S - ENDING_S);
  const said = kind === "paused" ? t`หยุดบันทึกชั่วคราว` : kind === "recording" ? t`กำลังบันทึกเสียง` : "";
  const told =
    ended === "length"
      ? t`บันทึกได้นานที่สุด ${most} การบันทึกจึงหยุด เสียงที่บันทึกไว้ยังอยู่`
      : ended === "device"
        ? t`ไมโครโฟนหยุดทำงาน การบันทึกจึงหยุด เสียงที่บันทึกไว้ยังอยู่`
        : silent
          ? t`ไม่ได้ยินเสียง โปรดตรวจสอบไมโครโฟน`
          : seconds >= ENDING_S
            ? t`บันทึกได้อีกไม่เกิน ${minutes}`
            : null;
  return (
    <div className={told === null ? "visually-hidden" : "recorder-told"} role="status">
      <span className="visually-hidden">{said}</span>
      {told !== null && (
        <p>
          <Icon name="info" size="s" />
          {told}
        </p>
      )}
    </div>
  );
}

/** Why the microphone gives nothing, in words that help. */
export function MicrophoneRefusedNotice({ why, onClose }: { why: string; onClose: () => void }) {
  const { t } = useLingui();
  return (
    <Notice kind="error" live action={<IconButton icon="close" size="s" label={t`ปิด`} onPress={onClose} />}>
      <RefusalWords why={why} />
    </Notice>
  );
}

function RefusalWords({ why }: { why: string }) {
  switch (why) {
    case "denied":
      return <Trans>เบราว์เซอร์ไม่อนุญาตให้ใช้ไมโครโฟน โปรดอนุญาตไมโครโฟนสำหรับเว็บไซต์นี้ในการตั้งค่าของเบราว์เซอร์หรือของเครื่อง แล้วกดบันทึกเสียงอีกครั้ง</Trans>;
    case "none":
      return <Trans>ไม่พบไมโครโฟน โปรดต่อไมโครโฟนแล้วกดบันทึกเสียงอีกครั้ง</Trans>;
    case "busy":
      return <Trans>เปิดไมโครโฟนไม่ได้ อาจมีโปรแกรมอื่นใช้อยู่ โปรดปิดโปรแกรมนั้นแล้วลองใหม่</Trans>;
    case "insecure":
      return <Trans>ที่อยู่นี้ไม่ได้เข้ารหัส (HTTPS) เบราว์เซอร์จึงไม่ให้ใช้ไมโครโฟน โปรดแจ้งผู้ดูแลระบบ</Trans>;
    default:
      return <Trans>เบราว์เซอร์นี้บันทึกเสียงไม่ได้ โปรดปรับรุ่นเบราว์เซอร์ หรือแนบไฟล์เสียงแทน</Trans>;
  }
}
