/**
 * Where messages are written: the field and its buttons, what is attached, what is answered or corrected, the recorder.
 *
 * Rules: what keys mean in the field is `keys.ts`; what is pasted or dropped anywhere in the window is attached here, where
 * files may be attached; whoever has ended a recording is back where it began.
 */
import { Trans } from "@lingui/react/macro";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";

import { reasonText } from "#i18n/reasons";
import { takeFiles } from "#platform/localFiles";
import { FailureNotice } from "#ui/Failure";
import { focusNext } from "#ui/focusNext";
import { Notice } from "#ui/Notice";
import { useReadable } from "#ui/useReadable";

import { DropTarget } from "./AttachButton";
import { BlockedNote } from "./BlockedNote";
import { chosenOf } from "./chosen";
import type { ComposerModel } from "./ComposerModel";
import { ComposerTools } from "./ComposerTools";
import { FieldModel } from "./FieldModel";
import { LengthNote } from "./LengthNote";
import { MentionList } from "./MentionList";
import { COMPOSER_ID, isTouched, LENGTH_ID, LIST_ID, MessageField } from "./MessageField";
import { ModeBar } from "./ModeBar";
import { OwnPasswordDialog } from "./OwnPasswordDialog";
import { MicrophoneRefusedNotice, RecorderBar } from "./RecorderBar";
import { Tray } from "./Tray";
import { TrayMore } from "./TrayFrame";
import "./composer.css";

export { COMPOSER_ID };

interface ComposerViewProps {
  model: ComposerModel;
  title: string;
}

export function ComposerView({ model, title }: ComposerViewProps) {
  const { denied } = useReadable(model);
  if (denied === null) return <Composer model={model} title={title} />;
  return (
    <div className="composer">
      <div className="composer-above">
        <Notice>{reasonText(denied)}</Notice>
      </div>
    </div>
  );
}

function Composer({ model, title }: ComposerViewProps) {
  const { length, mode, asking } = useReadable(model);
  const field = useMemo(() => new FieldModel(model), [model]);
  const { offered, marked } = useReadable(field);
  const place = useRef<HTMLTextAreaElement>(null);
  const microphone = useRef<HTMLButtonElement>(null);
  const isRecording = useRecording(model, place, microphone);
  const toField = useCallback(() => {
    // A touch keyboard would come up unasked.
    if (!isTouched()) place.current?.focus();
  }, []);
  const [dragging, attach] = useFiles(model, toField);
  const isEdit = mode.kind === "edit";
  const send = () => {
    if (model.snapshot().blocked === null) field.emptied();
    void model.send();
  };
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
        <ModeBar model={model} mode={mode} />
        <Above model={model} onLeave={toField} />
        <Recording model={model} />
        <div hidden={isRecording} className={`composer-box ${isEdit ? "composer-editing" : ""}`}>
          {offered.length > 0 && <MentionList id={LIST_ID} people={offered} marked={marked} onChoose={field.choose} />}
          <MessageField model={model} field={field} title={title} place={place} onSend={send} />
          <ComposerTools model={model} field={field} place={place} microphone={microphone} onFiles={(chosen) => void attach(chosen)} onSend={send} />
        </div>
        <BlockedNote model={model} />
        <LengthNote id={LENGTH_ID} length={length} />
        {asking && <OwnPasswordDialog model={model} />}
        <p className="composer-hint">
          <Trans>Enter ส่ง · Shift+Enter ขึ้นบรรทัดใหม่ · @ กล่าวถึงบุคคล</Trans>
        </p>
      </form>
    </>
  );
}

/** What stands above the field, however much it is: it scrolls in its place, and what went wrong comes into sight first. */
function Above({ model, onLeave }: { model: ComposerModel; onLeave: () => void }) {
  const { mode } = useReadable(model);
  const { failure } = useReadable(model.attempt);
  const { refused } = useReadable(model.files);
  const { recorder } = useReadable(model.voice);
  const place = useRef<HTMLDivElement>(null);
  const isEdit = mode.kind === "edit";
  useLayoutEffect(() => {
    place.current?.scrollTo({ top: 0 });
  }, [failure, refused, recorder.kind]);
  return (
    <>
      <div className="composer-above" ref={place}>
        <div className="composer-news">
          <FailureNotice failure={failure} />
          {recorder.kind === "refused" && <MicrophoneRefusedNotice why={recorder.why} onClose={model.voice.discard} />}
          {!isEdit && <Tray model={model.files} now={model.now} onLeave={onLeave} />}
        </div>
      </div>
      {!isEdit && <TrayMore place={place} model={model.files} />}
    </>
  );
}

/** The recorder, in place of the field. */
function Recording({ model }: { model: ComposerModel }) {
  const { recorder, asking } = useReadable(model.voice);
  if (!("seconds" in recorder)) return null;
  return (
    <RecorderBar
      model={model.voice}
      state={recorder}
      asking={asking}
      onKeep={() => void model.voice.keep().then((kept) => kept && listenNext())}
      onSend={() => void model.sendVoice()}
    />
  );
}

/** Once the recording stands in the tray, the next thing to do is to listen to it. */
function listenNext(): void {
  focusNext(document.querySelector(".composer"), () => document.querySelector<HTMLElement>(".tray > li:last-of-type .listen button"));
}

/** Whether a recording runs here; it ends with the view, and hands the focus back. */
function useRecording(model: ComposerModel, place: RefObject<HTMLElement | null>, microphone: RefObject<HTMLElement | null>): boolean {
  const isRecording = "seconds" in useReadable(model.voice).recorder;
  const wasRecording = useRef(false);
  useLayoutEffect(() => {
    const ended = wasRecording.current && !isRecording;
    wasRecording.current = isRecording;
    if (ended) (isTouched() ? microphone : place).current?.focus();
  }, [isRecording, place, microphone]);
  useEffect(() => () => model.voice.leave(), [model]);
  return isRecording;
}

/** Takes what is dropped and pasted; answers whether files are over the window, and how to attach what was chosen. */
function useFiles(model: ComposerModel, toField: () => void): readonly [boolean, (chosen: readonly File[], folders?: readonly string[]) => Promise<void>] {
  const { mode, attachDenied } = useReadable(model);
  const [dragging, setDragging] = useState(false);
  const attach = useCallback(
    async (chosen: readonly File[], folders: readonly string[] = []) => {
      toField();
      await model.files.add(chosenOf(chosen, model.now()), folders.map((name) => ({ name, code: "folder" })));
    },
    [model, toField],
  );
  const mayAttach = attachDenied === null && mode.kind !== "edit";
  useEffect(() => {
    if (!mayAttach) return undefined;
    return takeFiles({ over: setDragging, files: (chosen, folders) => void attach(chosen, folders) });
  }, [attach, mayAttach]);
  return [dragging, attach];
}
