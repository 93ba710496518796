/** How far something has got: a bar for the eyes, a `progressbar` with words for everybody. */
import "./Progress.css";

interface ProgressProps {
  /** What it is that goes forward, for screen readers. */
  label: string;
  /** From 0 to 1. */
  value: number;
  /** The value in words, with its measure. */
  text: string;
  /** It stands still, on purpose or not. */
  still?: boolean;
}

export function Progress({ label, value, text, still }: ProgressProps) {
  const percent = Math.floor(100 * Math.min(1, Math.max(0, value)));
  return (
    <div
      className={`progress ${still ? "progress-still" : ""}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      aria-valuetext={text}
    >
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden focusable="false">
        <rect className="progress-done" width={percent} height="4" />
      </svg>
    </div>
  );
}
