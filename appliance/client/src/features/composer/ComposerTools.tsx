/** The buttons beside the field: attach, emoji, record, send. */
import { useLingui } from "@lingui/react/macro";
import type { RefObject } from "react";

import { reasonText } from "#i18n/reasons";
import { IconButton } from "#ui/Button";
import { useReadable } from "#ui/useReadable";

import { AttachButton } from "./AttachButton";
import type { ComposerModel } from "./ComposerModel";
import { EmojiPicker } from "./EmojiPicker";
import type { FieldModel } from "./FieldModel";
import { useBlockedText } from "./BlockedNote";

interface ComposerToolsProps {
  model: ComposerModel;
  field: FieldModel;
  place: RefObject<HTMLTextAreaElement | null>;
  microphone: RefObject<HTMLButtonElement | null>;
  onFiles: (files: readonly File[]) => void;
  onSend: () => void;
}

export function ComposerTools({ model, field, place, microphone, onFiles, onSend }: ComposerToolsProps) {
  const { t } = useLingui();
  const { mode, attachDenied, blocked } = useReadable(model);
  const { recorder } = useReadable(model.voice);
  const { busy } = useReadable(model.attempt);
  const blockedText = useBlockedText(model);
  const noFiles = attachDenied === null ? undefined : reasonText(attachDenied);
  const isEdit = mode.kind === "edit";
  const insert = (emoji: string) => {
    const at = place.current?.value.length ?? 0;
    field.insert(emoji, place.current?.selectionStart ?? at, place.current?.selectionEnd ?? at);
  };
  return (
    <span className="composer-tools">
      {!isEdit && <AttachButton onFiles={onFiles} denied={noFiles} />}
      <EmojiPicker onPick={insert} />
      {!isEdit && (
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
        icon={isEdit ? "check" : "send"}
        label={isEdit ? t`บันทึกการแก้ไข` : t`ส่งข้อความ`}
        variant={blocked === "empty" ? "quiet" : "primary"}
        isPending={busy}
        denied={blockedText}
        onPress={onSend}
        onDenied={onSend}
        className="composer-tool"
      />
    </span>
  );
}
