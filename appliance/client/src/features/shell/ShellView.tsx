import { Trans } from "@lingui/react/macro";
import { useSyncExternalStore } from "react";

import type { Readable } from "#core/store";
import type { WaitingUpdate } from "#platform/serviceWorker";
import { Brand } from "#ui/Brand";

import "./shell.css";

/** The frame that every screen stands in; offers a waiting new version instead of reloading by itself. */
export function ShellView({ waitingUpdate }: { waitingUpdate: Readable<WaitingUpdate | null> }) {
  const update = useSyncExternalStore(waitingUpdate.subscribe, waitingUpdate.snapshot);
  return (
    <main className="shell">
      <Brand />
      {update !== null && (
        <p role="status">
          <Trans>มีรุ่นใหม่พร้อมใช้</Trans>{" "}
          <button type="button" onClick={update.accept}>
            <Trans>ใช้รุ่นใหม่</Trans>
          </button>
        </p>
      )}
    </main>
  );
}
