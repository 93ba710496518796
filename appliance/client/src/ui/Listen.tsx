/** Listens to a recording of one's own before it is sent: play, pause, and how far it is, for eyes and ears. */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";

import { formatLength, spokenLength } from "#i18n/sizes";

import { ToolButton } from "./ToolButton";
import { Wave } from "./Wave";

interface ListenProps {
  name: string;
  /** Finds the sound, or where it is read, when somebody wants to listen; null where neither is at hand any more. */
  find: () => Promise<Blob | string | null>;
  seconds: number | null;
  levels: readonly number[] | null;
  tabIndex?: number;
}

export function Listen({ name, find, seconds, levels, tabIndex }: ListenProps) {
  const { t } = useLingui();
  const audio = useRef<HTMLAudioElement>(null);
  /** The address of the sound, once it was found; one of ours is given back with the element. */
  const address = useRef<string | null>(null);
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  const [isGone, setGone] = useState(false);
  useEffect(() => () => forget(address.current), []);
  const whole = Math.max(seconds ?? 0, at, 0.1);
  const spoken = spokenLength(whole);
  const play = async () => {
    if (address.current === null) {
      const sound = await find();
      if (sound === null) return setGone(true);
      address.current = typeof sound === "string" ? sound : URL.createObjectURL(sound);
      if (audio.current !== null) audio.current.src = address.current;
    }
    setGone(false);
    await audio.current?.play().catch(() => setPlaying(false));
  };
  return (
    <div className="listen">
      <ToolButton
        icon={playing ? "pause" : "play"}
        label={playing ? t`หยุดฟัง ${name}` : t`ฟัง ${name} ความยาว ${spoken}`}
        onPress={() => (playing ? audio.current?.pause() : void play())}
        {...(tabIndex === undefined ? {} : { tabIndex })}
      />
      <span className="listen-wave" role="status">
        {isGone ? <Trans>ฟังได้เมื่ออัปโหลดครบแล้ว</Trans> : levels !== null && <Wave levels={levels} played={at / whole} />}
      </span>
      <span className="listen-time" aria-hidden>
        {formatLength(playing || at > 0 ? at : whole)}
      </span>
      <audio
        ref={audio}
        preload="none"
        onTimeUpdate={({ currentTarget }) => setAt(currentTarget.currentTime)}
        onPlay={() => setPlaying(true)}
        onPause={() => setPlaying(false)}
        onEnded={() => {
          setPlaying(false);
          setAt(0);
        }}
      />
    </div>
  );
}

function forget(address: string | null): void {
  if (address?.startsWith("blob:")) URL.revokeObjectURL(address);
}
