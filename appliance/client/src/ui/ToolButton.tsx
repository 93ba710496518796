/** A small button for rows that exist by the dozen: plain HTML, named, no tooltip of its own. */
import { Emoji } from "./Emoji";
import { Icon, type IconName } from "./Icon";
import "./Menu.css";

interface ToolButtonProps {
  icon: IconName;
  label: string;
  onPress: (button: HTMLButtonElement) => void;
  tabIndex?: number;
  hasPopup?: boolean;
}

interface EmojiButtonProps {
  emoji: string;
  /** What the button does, with the emoji's name in it. */
  label: string;
  tabIndex: number;
  onPress: () => void;
}

/** As small, with an emoji for its picture. */
export function EmojiButton({ emoji, label, tabIndex, onPress }: EmojiButtonProps) {
  return (
    <button type="button" className="tool-button tool-emoji" aria-label={label} title={label} tabIndex={tabIndex} onClick={onPress}>
      <Emoji emoji={emoji} />
    </button>
  );
}

export function ToolButton({ icon, label, onPress, tabIndex, hasPopup }: ToolButtonProps) {
  return (
    <button
      type="button"
      className="tool-button"
      aria-label={label}
      title={label}
      {...(hasPopup ? { "aria-haspopup": "menu" as const } : {})}
      {...(tabIndex === undefined ? {} : { tabIndex })}
      onClick={(event) => onPress(event.currentTarget)}
    >
      <Icon name={icon} />
    </button>
  );
}
