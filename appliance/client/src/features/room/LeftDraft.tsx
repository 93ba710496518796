/** Words that were written for a room and not sent before it was gone: to be copied or thrown away. */
import { Trans } from "@lingui/react/macro";
import { useState } from "react";

import { copyText } from "#platform/clipboard";
import { Button } from "#ui/Button";

export function LeftDraft({ text, onDiscard }: { text: string; onDiscard: () => void }) {
  const [copied, setCopied] = useState<boolean | null>(null);
  if (text.trim() === "") return null;
  return (
    <div className="left-draft">
      <p className="room-hint">
        <Trans>ข้อความที่ท่านยังไม่ได้ส่ง</Trans>
      </p>
      <p className="left-draft-text">{text}</p>
      <div className="request-buttons">
        <Button onPress={onDiscard}>
          <Trans>ลบข้อความนี้</Trans>
        </Button>
        <Button icon="copy" onPress={() => void copyText(text).then(setCopied)}>
          <Trans>คัดลอกข้อความ</Trans>
        </Button>
      </div>
      <p role="status" className="room-hint">
        {copied === true && <Trans>คัดลอกแล้ว</Trans>}
        {copied === false && <Trans>คัดลอกไม่สำเร็จ โปรดเลือกข้อความแล้วคัดลอกเอง</Trans>}
      </p>
    </div>
  );
}
