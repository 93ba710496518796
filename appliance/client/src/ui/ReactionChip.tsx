/** An emoji with a count that can be pressed; who it is from shows in the tooltip. */
import { Button } from "react-aria-components/Button";

import { Emoji, useEmojiName } from "./Emoji";
import { Tooltip } from "./Tooltip";
import "./ReactionChip.css";

interface ReactionChipProps {
  emoji: string;
  count: string;
  mine: boolean;
  names: string;
  label: string;
  denied?: string;
  onPress: () => void;
}

export function ReactionChip({ emoji, count, mine, names, label, denied, onPress }: ReactionChipProps) {
  return (
    <Tooltip text={denied === undefined ? names : `${names} · ${denied}`} placement="bottom">
      <Button
        className="reaction"
        aria-label={label}
        aria-pressed={mine}
        {...(denied === undefined ? { onPress } : { "aria-disabled": true })}
      >
        <span className="reaction-emoji">
          <Emoji emoji={emoji} />
        </span>{" "}
        <span aria-hidden>{count}</span>
      </Button>
    </Tooltip>
  );
}

interface EmojiGridProps {
  label: string;
  emoji: readonly string[];
  onPick: (emoji: string) => void;
}

/** The set to choose from; Tab and arrows both work. */
export function EmojiGrid({ label, emoji, onPick }: EmojiGridProps) {
  const nameOf = useEmojiName();
  return (
    <div
      className="emoji-grid"
      role="group"
      aria-label={label}
      onKeyDown={(event) => {
        const buttons = [...event.currentTarget.querySelectorAll("button")];
        const at = buttons.findIndex((button) => button === document.activeElement);
        const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 6, ArrowUp: -6 }[event.key];
        const next = step === undefined ? undefined : buttons[at + step];
        if (!next) return;
        event.preventDefault();
        next.focus();
      }}
    >
      {emoji.map((one, i) => (
        <button key={one} type="button" className="emoji-button" autoFocus={i === 0} aria-label={nameOf(one)} onClick={() => onPick(one)}>
          <Emoji emoji={one} />
        </button>
      ))}
    </div>
  );
}
