/**
 * Says where files can be sent, wherever one is dropped or pasted and no room takes it. Without this the browser opens the
 * dropped file in place of the page, and a pasted picture vanishes without a word.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import { onFilesOffered } from "#platform/files";
import { IconButton } from "#ui/Button";
import { Notice } from "#ui/Notice";

export function FilesElsewhere() {
  const { t } = useLingui();
  const [offered, setOffered] = useState(false);
  useEffect(() => onFilesOffered(() => setOffered(true)), []);
  return (
    <div className="files-refused" role="status">
      {offered && (
        <Notice kind="warn" action={<IconButton icon="close" size="s" label={t`ปิด`} onPress={() => setOffered(false)} />}>
          <Trans>ส่งไฟล์จากหน้านี้ไม่ได้ โปรดเปิดห้องที่จะส่งก่อน แล้วจึงวางไฟล์</Trans>
        </Notice>
      )}
    </div>
  );
}
