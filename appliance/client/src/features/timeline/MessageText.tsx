import { useMemo } from "react";

import { derived } from "#core/derived";
import type { PersonId } from "#core/snapshots";
import { useReadable } from "#ui/useReadable";

import { isEmojiOnly, segments } from "./segments";
import type { TimelineModel } from "./TimelineModel";

interface MessageTextProps {
  id: string;
  text: string;
  mentions: readonly PersonId[];
  everyone: boolean;
  model: TimelineModel;
}

/** The words of a message, with the names it mentions marked and addresses as links. */
export function MessageText({ id, text, mentions, everyone, model }: MessageTextProps) {
  const names = useReadable(
    useMemo(() => {
      const cards = mentions.map(model.person);
      return derived(cards, () => cards.flatMap((card) => card.snapshot()?.name ?? []));
    }, [mentions, model]),
  );
  const parts = useMemo(() => segments(text, names, everyone), [text, names, everyone]);
  return (
    <div id={id} className={`msg-text ${isEmojiOnly(text) ? "msg-emoji" : ""}`} dir="auto">
      {parts.map((part, i) => {
        switch (part.kind) {
          case "text":
            return <span key={i}>{part.text}</span>;
          case "mention":
            return (
              <mark key={i} className="msg-mention-name">
                {part.text}
              </mark>
            );
          case "link":
            return (
              <a key={i} href={part.href} target="_blank" rel="noopener noreferrer">
                {part.text}
              </a>
            );
        }
      })}
    </div>
  );
}
