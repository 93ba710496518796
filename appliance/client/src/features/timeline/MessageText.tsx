import { Trans } from "@lingui/react/macro";
import { type ReactNode, useLayoutEffect, useMemo, useRef, useState } from "react";

import { derived } from "#core/derived";
import type { PersonId } from "#core/snapshots";
import { Name } from "#ui/Name";
import { useReadable } from "#ui/useReadable";

import { isEmojiOnly, mayBeLong, type Segment, segments } from "./segments";
import type { TimelineModel } from "./TimelineModel";

interface MessageTextProps {
  id: string;
  text: string;
  mentions: readonly PersonId[];
  everyone: boolean;
  model: TimelineModel;
  /** Somebody comes for these words: they are shown in full. */
  whole?: boolean;
}

/** The words of a message, with the names it mentions marked and addresses as links; a long one is folded. */
export function MessageText({ id, text, mentions, everyone, model, whole = false }: MessageTextProps) {
  const names = useReadable(
    useMemo(() => {
      const cards = mentions.map(model.person);
      return derived(cards, () => cards.flatMap((card) => card.snapshot()?.spellings ?? []));
    }, [mentions, model]),
  );
  const parts = useMemo(() => segments(text, names, everyone), [text, names, everyone]);
  const words = parts.map((part, i) => <Part key={i} part={part} />);
  if (mayBeLong(text)) return <Folded key={whole ? "whole" : "folded"} id={id} model={model} whole={whole} words={words} />;
  return (
    <div id={id} className={`msg-text ${isEmojiOnly(text) ? "msg-emoji" : ""}`} dir="auto">
      {words}
    </div>
  );
}

/** Shows the first lines, and a button where that is not everything. */
function Folded({ id, model, whole, words }: { id: string; model: TimelineModel; whole: boolean; words: ReactNode }) {
  const [open, setOpen] = useState(whole || model.unfolded.has(id));
  const [cut, setCut] = useState(false);
  const element = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const box = element.current;
    if (box === null || open) return undefined;
    const measure = () => setCut(box.scrollHeight > box.clientHeight + 1);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box);
    return () => observer.disconnect();
  }, [open]);
  const toggle = () => {
    if (open) model.unfolded.delete(id);
    else model.unfolded.add(id);
    setCut(true);
    setOpen(!open);
  };
  return (
    <>
      <div id={id} ref={element} className={`msg-text ${open ? "" : "msg-folded"} ${!open && cut ? "msg-cut" : ""}`} dir="auto">
        {words}
      </div>
      {(cut || open) && (
        <button type="button" className="msg-fold" aria-expanded={open} aria-controls={id} onClick={toggle}>
          {open ? <Trans>ย่อข้อความ</Trans> : <Trans>แสดงทั้งหมด</Trans>}
        </button>
      )}
    </>
  );
}

function Part({ part }: { part: Segment }) {
  const drawn = drawnPart(part);
  return part.bold === undefined ? drawn : <b>{drawn}</b>;
}

function drawnPart(part: Segment): ReactNode {
  switch (part.kind) {
    case "text":
      return <span>{part.text}</span>;
    case "code":
      return <code className="msg-code">{part.text}</code>;
    case "code_block":
      return <code className="msg-code-block">{part.text}</code>;
    case "mention":
      return (
        <mark className="msg-mention-name">
          <Name>{part.text}</Name>
        </mark>
      );
    case "link":
      // Only a web address opens a page of its own; the others open the program for mail or for calls.
      return (
        <a href={part.href} rel="noopener noreferrer" {...(part.href.startsWith("http") ? { target: "_blank" } : {})}>
          {part.text}
        </a>
      );
  }
}
