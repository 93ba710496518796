/**
 * A sound or voice message where it stands: play, the waveform as a slider, time, speed, download. The waveform is for the
 * eyes; everybody else has the slider with its place in words. One that the browser cannot play is a file to download.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import type { KeyboardEvent } from "react";

import { formatNumber } from "#i18n/dates";
import { formatLength, spokenLength } from "#i18n/sizes";
import { DownloadLink } from "#ui/DownloadLink";
import { Icon } from "#ui/Icon";
import { useReadable } from "#ui/useReadable";
import { Wave } from "#ui/Wave";

import { FileCard } from "./FileCard";
import type { FilesModel } from "./FilesModel";
import { RATES } from "./Playback";
import type { Shown } from "./shown";
import { playable } from "./sources";
import { standingOf } from "./standing";
import { OriginalMark, StandingLine } from "./StandingLine";

interface PlayerProps {
  one: Shown;
  model: FilesModel;
  tabIndex: number;
  onOpen: (one: Shown) => void;
}

/** So far an arrow key goes, in a sound that is long enough. */
const STEP_S = 5;
const NO_WAVE: readonly number[] = Array.from({ length: 100 }, () => 0);

export function Player(props: PlayerProps) {
  const { one, model } = props;
  const { file, mine } = one;
  const source = playable(file, model.canPlay);
  if (!standingOf(file, mine).open) return <FileCard {...props} />;
  if (source === null) {
    return (
      <>
        <FileCard {...props} />
        <span className="file-said file-said-quiet">
          <Icon name={file.preparing === true ? "waiting" : "info"} size="s" />
          {file.preparing === true ? (
            <Trans>กำลังเตรียมเสียงให้เบราว์เซอร์นี้เล่นได้</Trans>
          ) : (
            <Trans>เบราว์เซอร์นี้เล่นเสียงชนิดนี้ไม่ได้ โปรดดาวน์โหลด</Trans>
          )}
        </span>
      </>
    );
  }
  return <Playing {...props} address={model.addressOf(source.id)} />;
}

function Playing({ one, model, tabIndex, address }: PlayerProps & { address: string }) {
  const { t } = useLingui();
  const { file, mine } = one;
  const { playback } = model;
  const { id, playing, failed, rate, positions } = useReadable(playback);
  const isThis = id === file.id;
  const isPlaying = isThis && playing;
  const seconds = file.seconds ?? null;
  const position = positions.get(file.id) ?? 0;
  const name = file.form === "voice" ? t`ข้อความเสียง` : file.name;
  const toggle = () => playback.toggle(file.id, address);
  return (
    <div className="player" role="group" aria-label={name}>
      <button
        type="button"
        className="player-play"
        aria-label={isPlaying ? t`หยุด ${name}` : t`เล่น ${name}`}
        tabIndex={tabIndex}
        onClick={toggle}
      >
        <Icon name={isPlaying ? "pause" : "play"} />
      </button>
      <div className="player-main">
        {file.form === "sound" && (
          <span className="file-name">
            <bdi>{file.name}</bdi>
          </span>
        )}
        <Seek one={one} model={model} seconds={seconds} position={position} tabIndex={tabIndex} onToggle={toggle} />
        <span className="player-time">
          {seconds === null ? formatLength(position) : position > 0 ? `${formatLength(position)} / ${formatLength(seconds)}` : formatLength(seconds)}
        </span>
        {isThis && failed && (
          <span className="file-said file-said-warn" role="alert">
            <Icon name="error" size="s" />
            <Trans>เล่นเสียงไม่สำเร็จ โปรดลองใหม่หรือดาวน์โหลด</Trans>
          </span>
        )}
        <StandingLine file={file} mine={mine} />
        <OriginalMark file={file} />
      </div>
      <Speed rate={rate} tabIndex={tabIndex} onChange={() => playback.changeRate()} />
      <DownloadLink href={model.addressOf(file.id)} name={file.name} label={t`ดาวน์โหลด ${name}`} tabIndex={tabIndex} />
    </div>
  );
}

/** The speed now; pressing takes the next. */
export function Speed({ rate, tabIndex, onChange }: { rate: number; tabIndex?: number; onChange: () => void }) {
  const { t } = useLingui();
  const [now, next] = [formatNumber(rate), formatNumber(RATES.find((one) => one > rate) ?? 1)];
  return (
    <button
      type="button"
      className="player-speed"
      aria-label={t`ความเร็ว ${now} เท่า กดเพื่อเปลี่ยนเป็น ${next} เท่า`}
      {...(tabIndex === undefined ? {} : { tabIndex })}
      onClick={onChange}
    >
      {now}×
    </button>
  );
}

interface SeekProps {
  one: Shown;
  model: FilesModel;
  seconds: number | null;
  position: number;
  tabIndex: number;
  onToggle: () => void;
}

function Seek({ one: { file }, model, seconds, position, tabIndex, onToggle }: SeekProps) {
  const { t } = useLingui();
  if (seconds === null || seconds <= 0) return null;
  const seek = (to: number) => model.playback.seek(file.id, Math.min(seconds, Math.max(0, to)));
  const [at, all] = [spokenLength(position), spokenLength(seconds)];
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const step = Math.min(STEP_S, seconds / 10);
    const steps: Record<string, number> = { ArrowRight: step, ArrowUp: step, ArrowLeft: -step, ArrowDown: -step };
    const by = steps[event.key];
    if (by !== undefined) seek(position + by);
    else if (event.key === " ") onToggle();
    else return;
    event.preventDefault();
  };
  return (
    // A finger that holds the place must not open the menu of the message.
    <div className="player-seek" onPointerDown={(event) => event.stopPropagation()}>
      <Wave levels={file.waveform ?? NO_WAVE} played={position / seconds} />
      <input
        type="range"
        min={0}
        max={seconds}
        step={0.1}
        value={Math.min(position, seconds)}
        aria-label={t`ตำแหน่งในเสียง`}
        aria-valuetext={t`${at} จาก ${all}`}
        tabIndex={tabIndex}
        onChange={(event) => seek(Number(event.target.value))}
        onKeyDown={onKeyDown}
      />
    </div>
  );
}
