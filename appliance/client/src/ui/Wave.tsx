/** A sound as bars, for the eyes alone: whoever shows it says its length in words beside it. */
import "./Wave.css";

interface WaveProps {
  /** Values from 0 to 100. */
  levels: readonly number[];
  /** So many bars are drawn; fewer levels stand at the end. */
  bars?: number;
  /** The part that was played, from 0 to 1. */
  played?: number;
}

const BAR = 2;
const PITCH = 3;
const HEIGHT = 24;
/** Silence is a dot, so that one sees that there is a sound. */
const LEAST = 2;

export function Wave({ levels, bars = levels.length, played }: WaveProps) {
  const shown = [...Array.from({ length: Math.max(0, bars - levels.length) }, () => 0), ...levels.slice(-bars)];
  const width = Math.max(1, bars) * PITCH - (PITCH - BAR);
  return (
    <svg className="wave" viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden focusable="false">
      {shown.map((level, n) => {
        const tall = Math.max(LEAST, (Math.min(100, level) / 100) * HEIGHT);
        const isPlayed = played !== undefined && (n + 0.5) / shown.length <= played;
        return <rect key={n} className={isPlayed ? "wave-bar wave-played" : "wave-bar"} x={n * PITCH} y={(HEIGHT - tall) / 2} width={BAR} height={tall} rx={1} />;
      })}
    </svg>
  );
}
