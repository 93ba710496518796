import { useLingui } from "@lingui/react/macro";
import { useRef, useState } from "react";

import { canDraw } from "#platform/glyphs";
import { AnchoredPanel } from "#ui/Anchored";
import { IconButton } from "#ui/Button";
import { EMOJI } from "#ui/emoji";
import { EmojiGrid } from "#ui/ReactionChip";

/** The emoji to write with: those that this system can draw; no button where it can draw none. */
export function EmojiPicker({ onPick }: { onPick: (emoji: string) => void }) {
  const { t } = useLingui();
  const button = useRef<HTMLButtonElement>(null);
  const [anchor, setAnchor] = useState<Element | null>(null);
  const [drawn] = useState(() => EMOJI.filter((emoji) => canDraw(emoji)));
  if (drawn.length === 0) return null;
  return (
    <>
      <IconButton ref={button} icon="reaction" label={t`แทรกอิโมจิ`} expanded={anchor !== null} onPress={() => setAnchor(button.current)} className="composer-tool" />
      {anchor !== null && (
        <AnchoredPanel anchor={anchor} label={t`อิโมจิ`} placement="top end" onClose={() => setAnchor(null)}>
          <EmojiGrid
            label={t`อิโมจิ`}
            emoji={drawn}
            onPick={(emoji) => {
              setAnchor(null);
              // When the panel has closed and given the focus back, so that the field keeps it.
              requestAnimationFrame(() => requestAnimationFrame(() => onPick(emoji)));
            }}
          />
        </AnchoredPanel>
      )}
    </>
  );
}
