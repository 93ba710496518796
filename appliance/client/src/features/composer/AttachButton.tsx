/** The paper clip: every way to attach, each of them by keyboard as well (WCAG 2.5.7: dropping is never the only one). */
import { Trans, useLingui } from "@lingui/react/macro";

import { chooseFiles } from "#platform/localFiles";
import { IconButton } from "#ui/Button";
import { ActionMenu, type MenuAction } from "#ui/Menu";
import { useMedia } from "#ui/useMedia";

interface AttachButtonProps {
  onFiles: (files: readonly File[]) => void;
  /** Why nothing more may be attached. */
  denied?: string | undefined;
}

const MEDIA = "image/*,video/*";

export function AttachButton({ onFiles, denied }: AttachButtonProps) {
  const { t } = useLingui();
  const isHeld = useMedia("(pointer: coarse)");
  const camera: MenuAction = {
    id: "camera",
    icon: "camera",
    label: t`ถ่ายภาพ`,
    onAction: () => chooseFiles({ accept: "image/*", multiple: false, capture: true }, onFiles),
  };
  const actions: readonly MenuAction[] = [
    ...(isHeld ? [camera] : []),
    { id: "media", icon: "image", label: t`รูปภาพหรือวิดีโอ`, onAction: () => chooseFiles({ accept: MEDIA, multiple: true }, onFiles) },
    { id: "file", icon: "file", label: t`ไฟล์`, onAction: () => chooseFiles({ multiple: true }, onFiles) },
  ];
  if (denied !== undefined) return <IconButton icon="clip" label={t`แนบไฟล์`} denied={denied} className="composer-tool" />;
  return <ActionMenu label={t`แนบไฟล์`} placement="top end" trigger={<IconButton icon="clip" label={t`แนบไฟล์`} className="composer-tool" />} actions={actions} />;
}

/** Shows where files may be dropped while they are dragged over the window. */
export function DropTarget({ title }: { title: string }) {
  return (
    <div className="drop-target" aria-hidden>
      <p>
        <Trans>วางไฟล์ที่นี่เพื่อแนบในห้อง “{title}”</Trans>
      </p>
    </div>
  );
}
