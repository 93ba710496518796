import { Trans, useLingui } from "@lingui/react/macro";

import { Store } from "#core/store";
import { IconButton } from "#ui/Button";
import { Icon } from "#ui/Icon";
import { useReadable } from "#ui/useReadable";

import type { ComposerModel, ComposerSnapshot } from "./ComposerModel";

const NOBODY = new Store(null);

/** Says that the next words answer or correct a message, and lets go of it. */
export function ModeBar({ model, mode }: { model: ComposerModel; mode: ComposerSnapshot["mode"] }) {
  const { t } = useLingui();
  const quoted = mode.kind === "write" ? null : model.quoted(mode.n);
  const author = useReadable(quoted === null ? NOBODY : model.person(quoted.sender));
  if (mode.kind === "write") return null;
  const name = author?.name ?? "…";
  return (
    <div className="mode-bar" role="status">
      <Icon name={mode.kind === "edit" ? "edit" : "reply"} size="s" />
      <span className="mode-words">
        <b>{mode.kind === "edit" ? <Trans>แก้ไขข้อความ</Trans> : <Trans>ตอบกลับ {name}</Trans>}</b>
        {quoted !== null && <span className="mode-quote">{quoted.text}</span>}
      </span>
      <IconButton icon="close" size="s" label={mode.kind === "edit" ? t`ยกเลิกการแก้ไข` : t`ยกเลิกการตอบกลับ`} onPress={model.cancelMode} />
    </div>
  );
}
