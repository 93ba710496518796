/** The field itself, with the list of people that it drives. */
import { useLingui } from "@lingui/react/macro";
import { type KeyboardEvent, type RefObject, useLayoutEffect } from "react";

import { useReadable } from "#ui/useReadable";

import { type ComposerModel, tooLong } from "./ComposerModel";
import type { FieldModel } from "./FieldModel";
import { meaningOf } from "./keys";
import { mentionOptionId } from "./MentionList";

export const COMPOSER_ID = "composer";
export const LIST_ID = "mention-list";
export const LENGTH_ID = "composer-length";

export const isTouched = (): boolean => window.matchMedia("(pointer: coarse)").matches;

interface MessageFieldProps {
  model: ComposerModel;
  field: FieldModel;
  title: string;
  place: RefObject<HTMLTextAreaElement | null>;
  onSend: () => void;
}

export function MessageField({ model, field, title, place, onSend }: MessageFieldProps) {
  const { t } = useLingui();
  const state = useReadable(model);
  const { offered, marked } = useReadable(field);
  const { text, length } = state;
  useFieldPlace(model, field, place);
  return (
    <textarea
      id={COMPOSER_ID}
      ref={place}
      className="composer-field"
      rows={1}
      value={text}
      placeholder={t`พิมพ์ข้อความ`}
      aria-label={t`ข้อความถึง ${title}`}
      aria-autocomplete="list"
      aria-haspopup="listbox"
      aria-invalid={tooLong(state)}
      {...(length === null ? {} : { "aria-describedby": LENGTH_ID })}
      {...(offered.length > 0 ? { "aria-controls": LIST_ID, "aria-activedescendant": mentionOptionId(LIST_ID, marked) } : {})}
      autoComplete="off"
      onChange={({ target }) => field.typed(target.value, target.selectionStart)}
      onSelect={({ currentTarget }) => field.moved(currentTarget.selectionStart)}
      onKeyDown={(event) => onKey(event, model, field, onSend)}
    />
  );
}

/** Does what the key means here; what means nothing is the browser's. */
function onKey(event: KeyboardEvent, model: ComposerModel, field: FieldModel, onSend: () => void): void {
  const { text, mode } = model.snapshot();
  const { offered, marked } = field.snapshot();
  const pressed = { key: event.key, shift: event.shiftKey, composing: event.nativeEvent.isComposing };
  const meant = meaningOf(pressed, { touch: isTouched(), listed: offered.length > 0, empty: text === "", mode: mode.kind });
  const last = meant === "edit_last" ? model.lastOwn() : null;
  // Arrow up where there is nothing to edit moves the caret, as it does.
  if (meant === null || (meant === "edit_last" && last === null)) return;
  const verbs: Readonly<Record<typeof meant, () => void>> = {
    next: () => field.mark(1),
    previous: () => field.mark(-1),
    choose: () => field.choose(offered[marked]),
    dismiss: field.dismiss,
    send: onSend,
    leave_mode: model.cancelMode,
    // The key's own effect would come after, and move the caret to the start of the words just put there.
    edit_last: () => last && model.startEdit(last),
  };
  event.preventDefault();
  if (meant !== "send" && meant !== "edit_last") event.stopPropagation();
  verbs[meant]();
}

function grow(element: HTMLElement): void {
  element.style.height = "auto";
  element.style.height = `${element.scrollHeight}px`;
}

/** The field grows with its words, and has its caret where it is wanted. */
function useFieldPlace(model: ComposerModel, field: FieldModel, place: RefObject<HTMLTextAreaElement | null>): void {
  const { text, mode } = useReadable(model);
  const isRecording = "seconds" in useReadable(model.voice).recorder;
  // The height is measured, not guessed.
  useLayoutEffect(() => {
    if (place.current) grow(place.current);
  }, [place, text, isRecording]);

  useLayoutEffect(() => {
    const wanted = field.takeWanted();
    if (wanted === null) return;
    place.current?.focus();
    place.current?.setSelectionRange(wanted, wanted);
  });

  // Taking up an answer or an edit brings the caret here.
  const modeKey = mode.kind === "write" ? "" : `${mode.kind} ${mode.n}`;
  useLayoutEffect(() => {
    const element = place.current;
    if (!element || modeKey === "") return;
    element.focus();
    element.setSelectionRange(element.value.length, element.value.length);
  }, [place, modeKey]);
}
