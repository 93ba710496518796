import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";

import { Button } from "#ui/Button";
import { Dialog } from "#ui/Dialog";
import { Notice } from "#ui/Notice";
import { useReadable } from "#ui/useReadable";

import type { SignOutModel } from "./SignOutModel";

/** Asks before messages that wait on this device are lost by signing out (ux 8). */
export function SignOutDialog({ model }: { model: SignOutModel }) {
  const { t } = useLingui();
  const state = useReadable(model);
  if (state.kind === "idle") return null;
  const { unsent } = state;
  const waiting = state.kind === "waiting";
  const onlyRefused = state.kind === "asking" && state.refused === unsent;
  return (
    <Dialog
      title={t`ออกจากระบบทั้งที่ยังส่งข้อความไม่หมดหรือไม่`}
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
          {!onlyRefused && (
            <Button variant="primary" onPress={model.wait} isPending={waiting}>
              <Trans>รอส่งให้หมดแล้วออกจากระบบ</Trans>
            </Button>
          )}
        </>
      }
    >
      <p>
        {plural(unsent, { other: "มี # ข้อความที่เขียนไว้ในเครื่องนี้ยังไม่ได้ส่ง หากออกจากระบบ ข้อความจะหาย" })}
      </p>
      {onlyRefused && (
        <p>
          <Trans>ข้อความเหล่านี้ส่งไม่สำเร็จ เปิดห้องเพื่อคัดลอกหรือส่งอีกครั้งได้</Trans>
        </p>
      )}
      {waiting && (
        <Notice live>{plural(unsent, { other: "กำลังรอส่ง # ข้อความ ส่งหมดแล้วจะออกจากระบบให้" })}</Notice>
      )}
    </Dialog>
  );
}
