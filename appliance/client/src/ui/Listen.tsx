/** Listens to a recording of one's own before it is sent: play, pause, and how far it is, for eyes and ears. */
import { useLingui } from "@lingui/react/macro";
import { useEffect, useRef, useState } from "react";

import { formatLength, spokenLength } from "#i18n/sizes";

import { ToolButton } from "./ToolButton";
import { Wave } from "./Wave";

interface ListenProps {
  name: string;
  /** The sound, or where it is read; null where neither is at hand. */
  sound: Blob | string | null;
  seconds: number | null;
  levels: readonly number[] | null;
  tabIndex?: number;
}

export function Listen({ name, sound, seconds, levels, tabIndex }: ListenProps) {
  const { t } = useLingui();
  const audio = useRef<HTMLAudioElement>(null);
  const [at, setAt] = useState(0);
  const [playing, setPlaying] = useState(false);
  useEffect(() => {
    const element = audio.current;
    if (element === null || sound === null) return undefined;
    const address = typeof sound === "string" ? sound : URL.createObjectURL(sound);
    element.src = address;
    return () => {
      element.removeAttribute("src");
      if (typeof sound !== "string") URL.revokeObjectURL(address);
    };
  }, [sound]);
  if (sound === null) return null;
  const whole = Math.max(seconds ?? 0, at, 0.1);
  const spoken = spokenLength(whole);
  const toggle = () => {
    const element = audio.current;
    if (element === null) return;
    if (playing) element.pause();
    else void element.play().catch(() => setPlaying(false));
  };
  return (
    <div className="listen">
      <ToolButton
        icon={playing ? "pause" : "play"}
        label={playing ? t`หยุดฟัง ${name}` : t`ฟัง ${name} ความยาว ${spoken}`}
        onPress={toggle}
        {...(tabIndex === undefined ? {} : { tabIndex })}
      />
      <span className="listen-wave">{levels !== null && <Wave levels={levels} played={at / whole} />}</span>
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
