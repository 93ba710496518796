import { Trans, useLingui } from "@lingui/react/macro";

import { losingText, losingTitle, waitingText } from "#i18n/unsent";
import { Button } from "#ui/Button";
import { Dialog } from "#ui/Dialog";
import { Notice } from "#ui/Notice";
import { useReadable } from "#ui/useReadable";

import type { SignOutModel } from "./SignOutModel";

/** Asks before words that stand on this device alone are lost by signing out. */
export function SignOutDialog({ model }: { model: SignOutModel }) {
  const { t } = useLingui();
  const state = useReadable(model);
  if (state.kind === "idle") return null;
  const waiting = state.kind === "waiting";
  // Without them there is nothing that would go by itself.
  const sendable = waiting ? state.messages : state.messages - state.refused;
  return (
    <Dialog
      title={waiting ? t`กำลังส่งข้อความก่อนออกจากระบบ` : losingTitle(state)}
      closeLabel={t`ปิด`}
      size="s"
      role="alertdialog"
      onClose={model.stay}
      footer={
        <>
          <Button onPress={model.stay} autoFocus>
            <Trans>ยังไม่ออกจากระบบ</Trans>
          </Button>
          <Button variant="danger" onPress={() => void model.leave()}>
            <Trans>ทิ้งข้อความและออกจากระบบ</Trans>
          </Button>
          {sendable > 0 && (
            <Button variant="primary" onPress={model.wait} isPending={waiting}>
              <Trans>รอส่งให้หมดแล้วออกจากระบบ</Trans>
            </Button>
          )}
        </>
      }
    >
      {waiting ? (
        <Notice live>
          {waitingText(state).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </Notice>
      ) : (
        losingText(state).map((sentence) => <p key={sentence}>{sentence}</p>)
      )}
      {!waiting && state.refused > 0 && (
        <p>
          <Trans>ข้อความที่ส่งไม่สำเร็จจะไม่ส่งซ้ำเอง เปิดห้องเพื่อคัดลอกหรือส่งอีกครั้งได้</Trans>
        </p>
      )}
    </Dialog>
  );
}
