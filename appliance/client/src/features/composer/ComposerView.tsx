/**
 * The field in which messages are written.
 *
 * Rules: Enter sends, Shift+Enter starts a line, and Enter while an input method composes does neither (C17); on a touch
 * keyboard Enter starts a line. The list of people is driven from the field by arrows, Enter and Esc.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { type KeyboardEvent, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";

import { mentionAt } from "#core/text";
import { EVERYONE_WORDS } from "#i18n/everyone";
import { reasonText } from "#i18n/reasons";
import { takeFiles } from "#platform/localFiles";
import { IconButton } from "#ui/Button";
import { ConfirmDialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { Notice } from "#ui/Notice";
import { useReadable } from "#ui/useReadable";

import { AttachButton, DropTarget } from "./AttachButton";
import { chosenOf } from "./chosen";
import { type ComposerModel, EVERYONE, tooLong } from "./ComposerModel";
import { EmojiPicker } from "./EmojiPicker";
import { LengthNote } from "./LengthNote";
import { MentionList, mentionOptionId } from "./MentionList";
import { type Candidate, withMention } from "./mentions";
import { ModeBar } from "./ModeBar";
import { MicrophoneRefusedNotice, RecorderBar } from "./RecorderBar";
import { Tray } from "./Tray";
import "./composer.css";

interface ComposerViewProps {
  model: ComposerModel;
  title: string;
}

const LIST_ID = "mention-list";
const LENGTH_ID = "composer-length";
export const COMPOSER_ID = "composer";

/** Once the recording stands in the tray, the next thing to do is to listen to it. */
function listenNext(): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(".tray > li:last-of-type .listen button")?.focus());
}

export function ComposerView({ model, title }: ComposerViewProps) {
  const { t, i18n } = useLingui();
  const state = useReadable(model);
  const { text, length, mode, denied, everyoneDenied, attachDenied, asking } = state;
  const attempt = useReadable(model.attempt);
  const { files, reading } = useReadable(model.files);
  const { recorder, asking: isDeleting } = useReadable(model.voice);
  const [dragging, setDragging] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const microphone = useRef<HTMLButtonElement>(null);
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(0);
  const [dismissed, setDismissed] = useState<number | null>(null);
  const caretWanted = useRef<number | null>(null);

  const at = mentionAt(text, caret);
  const offered = at === null || dismissed === at.start ? [] : offers(at.typed);
  const marked = Math.min(chosen, offered.length - 1);
  const isTooLong = tooLong(state);
  const isEmpty = text.trim() === "" && (mode.kind === "edit" || (files.length === 0 && reading === 0));
  const isStuck = mode.kind !== "edit" && files.some((file) => file.state === "failed" || file.state === "missing");
  const unsendable = isTooLong
    ? t`ข้อความยาวเกินกำหนด โปรดแบ่งส่ง`
    : isEmpty
      ? t`ยังไม่ได้พิมพ์ข้อความหรือแนบไฟล์`
      : isStuck
        ? t`มีไฟล์ที่อัปโหลดไม่สำเร็จ โปรดลองใหม่หรือนำออกก่อน`
        : undefined;
  const noFiles = attachDenied === null ? undefined : reasonText(attachDenied);
  const isRecording = "seconds" in recorder;

  // The field grows with its text; the height is measured, not guessed.
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text, isRecording]);

  // Whoever has ended a recording is back where it began.
  const wasRecording = useRef(false);
  useLayoutEffect(() => {
    const ended = wasRecording.current && !isRecording;
    wasRecording.current = isRecording;
    if (!ended) return;
    if (window.matchMedia("(pointer: coarse)").matches) microphone.current?.focus();
    else field.current?.focus();
  }, [isRecording]);

  // In the commit that changes the text: what is typed next finds the caret in its place, however fast it comes.
  useLayoutEffect(() => {
    const wanted = caretWanted.current;
    if (wanted === null) return;
    caretWanted.current = null;
    field.current?.focus();
    field.current?.setSelectionRange(wanted, wanted);
  });

  // Taking up an answer or an edit brings the caret here.
  const modeKey = mode.kind === "write" ? "" : `${mode.kind} ${mode.n}`;
  useLayoutEffect(() => {
    const element = field.current;
    if (!element || modeKey === "") return;
    element.focus();
    element.setSelectionRange(element.value.length, element.value.length);
  }, [modeKey]);

  const toField = useCallback(() => {
    // A touch keyboard would come up unasked.
    if (!window.matchMedia("(pointer: coarse)").matches) field.current?.focus();
  }, []);
  const attach = useCallback(
    async (chosen: readonly File[], folders: readonly string[] = []) => {
      toField();
      await model.files.add(chosenOf(chosen, model.now()), folders.map((name) => ({ name, code: "folder" })));
    },
    [model, toField],
  );
  const mayAttach = denied === null && attachDenied === null && mode.kind !== "edit";
  useEffect(() => {
    if (!mayAttach) return undefined;
    const take = (chosen: readonly File[], folders: readonly string[]) => void attach(chosen, folders);
    return takeFiles({ over: setDragging, files: take });
  }, [attach, mayAttach]);
  useEffect(() => () => model.voice.leave(), [model]);

  function offers(query: string): readonly Candidate[] {
    const everyone = i18n.locale === "en" ? EVERYONE_WORDS[1] : EVERYONE_WORDS[0];
    const all: Candidate = { id: EVERYONE, name: everyone.slice(1), detail: t`สมาชิกทุกคนในห้อง` };
    const people = model.candidates(query);
    return everyoneDenied === null && all.name.includes(query) ? [...people.slice(0, 7), all] : people;
  }

  function choose(person: Candidate | undefined): void {
    if (!person || !at) return;
    const next = withMention(text, caret, at.start, person.name);
    put(next);
    model.addMention(person.id);
    setChosen(0);
  }

  /** Sets the text with the caret at a place in it. */
  function put(next: { text: string; caret: number }): void {
    caretWanted.current = next.caret;
    setCaret(next.caret);
    model.setText(next.text);
  }

  function send(): void {
    if (unsendable !== undefined) return;
    void model.send();
    setCaret(0);
  }

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    // Enter that ends a composition belongs to the input method; «Process» is how it shows where the flag comes late.
    if (event.nativeEvent.isComposing || event.key === "Process") return;
    if (offered.length > 0 && onListKey(event)) {
      event.preventDefault();
      event.stopPropagation();
    } else if (event.key === "Enter" && !event.shiftKey && !window.matchMedia("(pointer: coarse)").matches) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape" && mode.kind !== "write") {
      event.stopPropagation();
      model.cancelMode();
    } else if (event.key === "ArrowUp" && text === "" && mode.kind === "write") {
      const own = model.lastOwn();
      if (!own) return;
      // The key's own effect comes after: it would move the caret to the start of the words just put there.
      event.preventDefault();
      model.startEdit(own);
    }
  }

  function onListKey(event: KeyboardEvent): boolean {
    switch (event.key) {
      case "ArrowDown":
        setChosen((marked + 1) % offered.length);
        return true;
      case "ArrowUp":
        setChosen((marked + offered.length - 1) % offered.length);
        return true;
      case "Enter":
      case "Tab":
        if (event.shiftKey) return false;
        choose(offered[marked]);
        return true;
      case "Escape":
        setDismissed(at?.start ?? null);
        return true;
      default:
        return false;
    }
  }

  if (denied !== null) {
    return (
      <div className="composer">
        <Notice>{reasonText(denied)}</Notice>
      </div>
    );
  }
  return (
    <>
      {dragging && <DropTarget title={title} />}
      <form
        className="composer"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <FailureNotice failure={attempt.failure} />
        {offered.length > 0 && <MentionList id={LIST_ID} people={offered} marked={marked} onChoose={choose} />}
        <ModeBar model={model} mode={mode} />
        {mode.kind !== "edit" && <Tray model={model.files} now={model.now} onLeave={toField} />}
        {recorder.kind === "refused" && <MicrophoneRefusedNotice why={recorder.why} onClose={model.voice.discard} />}
        {isRecording && (
          <RecorderBar
            model={model.voice}
            state={recorder}
            asking={isDeleting}
            onKeep={() => void model.voice.keep().then((kept) => kept && listenNext())}
            onSend={() => void model.sendVoice()}
          />
        )}
        <div hidden={isRecording} className={`composer-box ${mode.kind === "edit" ? "composer-editing" : ""}`}>
          <textarea
            id={COMPOSER_ID}
            ref={field}
            className="composer-field"
            rows={1}
            value={text}
            placeholder={t`พิมพ์ข้อความ`}
            aria-label={t`ข้อความถึง ${title}`}
            aria-autocomplete="list"
            aria-haspopup="listbox"
            aria-invalid={isTooLong}
            {...(length === null ? {} : { "aria-describedby": LENGTH_ID })}
            {...(offered.length > 0 ? { "aria-controls": LIST_ID, "aria-activedescendant": mentionOptionId(LIST_ID, marked) } : {})}
            autoComplete="off"
            onChange={(event) => {
              model.setText(event.target.value);
              setCaret(event.target.selectionStart);
              setDismissed(null);
              setChosen(0);
            }}
            onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
            onKeyDown={onKeyDown}
          />
          <span className="composer-tools">
            {mode.kind !== "edit" && <AttachButton onFiles={(chosen) => void attach(chosen)} denied={noFiles} />}
            <EmojiPicker
              onPick={(emoji) => {
                const [from, to] = [field.current?.selectionStart ?? caret, field.current?.selectionEnd ?? caret];
                put({ text: text.slice(0, from) + emoji + text.slice(to), caret: from + emoji.length });
              }}
            />
            {mode.kind !== "edit" && (
              <IconButton
                ref={microphone}
                icon="microphone"
                label={t`บันทึกข้อความเสียง`}
                isPending={recorder.kind === "asking"}
              denied={noFiles}
                onPress={model.voice.start}
                className="composer-tool"
              />
            )}
            <IconButton
              icon={mode.kind === "edit" ? "check" : "send"}
              label={mode.kind === "edit" ? t`บันทึกการแก้ไข` : t`ส่งข้อความ`}
              variant={isEmpty ? "quiet" : "primary"}
              isPending={attempt.busy}
              denied={unsendable}
              onPress={send}
              className="composer-tool"
            />
          </span>
        </div>
        <LengthNote id={LENGTH_ID} length={length} />
        {asking && (
          <ConfirmDialog
            title={t`ข้อความนี้มีรหัสผ่านของท่าน`}
            confirmLabel={t`ส่งทั้งที่มีรหัสผ่าน`}
            cancelLabel={t`กลับไปแก้ไข`}
            danger
            onClose={model.keepWriting}
            onConfirm={() => void model.sendAnyway()}
          >
            <p>
              <Trans>ห้ามเปิดเผยรหัสผ่านแก่ผู้อื่น ข้อความที่ส่งแล้วถูกเก็บเป็นหลักฐาน หากเคยส่งไปแล้ว ให้เปลี่ยนรหัสผ่านทันที</Trans>
            </p>
          </ConfirmDialog>
        )}
        <p className="composer-hint">
          <Trans>Enter ส่ง · Shift+Enter ขึ้นบรรทัดใหม่ · @ กล่าวถึงบุคคล</Trans>
        </p>
      </form>
    </>
  );
}
