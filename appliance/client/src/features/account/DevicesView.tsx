/** Where the reader is signed in, and every sign-in there has been: «this was not me» is one press away (F76, C21). */
import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useState } from "react";

import type { SessionView, SignIn } from "#core/protocol";
import { formatDateTime } from "#i18n/dates";
import { isHandheld } from "#platform/device";
import { Chip } from "#ui/Badge";
import { Button } from "#ui/Button";
import { ConfirmDialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { Icon } from "#ui/Icon";
import { Loading } from "#ui/Notice";
import { Panel, PanelSection } from "#ui/Panel";
import { Row } from "#ui/Row";
import { Time } from "#ui/Time";
import { useReadable } from "#ui/useReadable";

import { type AccountModel, mayDisown } from "./AccountModel";
import type { Leave } from "./SettingsList";

interface DevicesViewProps {
  model: AccountModel;
  leave: Leave | undefined;
}

export function DevicesView({ model, leave }: DevicesViewProps) {
  const { t } = useLingui();
  const { sessions, signIns } = useReadable(model);
  const { failure, busy } = useReadable(model.attempt);
  const reading = useReadable(model.reading);
  const [asking, setAsking] = useState(false);
  const [disowning, setDisowning] = useState<SignIn | null>(null);
  useEffect(() => {
    void model.loadDevices();
    return () => model.attempt.clear();
  }, [model]);
  const others = sessions?.filter((session) => !session.current) ?? [];
  return (
    <Panel label={t`อุปกรณ์และการเข้าใช้งาน`} title={<Trans>อุปกรณ์และการเข้าใช้งาน</Trans>} {...(leave ? { leave } : {})} className="settings-panel">
      <div className="settings-failure">
        <FailureNotice failure={failure ?? reading.failure} />
      </div>
      <PanelSection
        title={t`อุปกรณ์ที่เข้าใช้งานอยู่`}
        actions={
          others.length > 0 && (
            <Button variant="danger" icon="logout" onPress={() => setAsking(true)}>
              <Trans>ออกจากทุกเครื่องอื่น</Trans>
            </Button>
          )
        }
      >
        {sessions === null ? <Loading label={t`กำลังโหลด`} /> : sessions.map((session) => <Session key={session.id} session={session} model={model} />)}
      </PanelSection>
      <PanelSection title={t`ประวัติการเข้าใช้งาน`}>{signIns !== null && <SignIns signIns={signIns} sessions={sessions ?? []} onDisown={setDisowning} />}</PanelSection>
      {asking && (
        <ConfirmDialog
          title={t`ออกจากระบบในทุกเครื่องอื่นหรือไม่`}
          confirmLabel={t`ออกจากทุกเครื่องอื่น`}
          cancelLabel={t`ยกเลิก`}
          danger
          isPending={busy}
          onClose={() => setAsking(false)}
          onConfirm={() => void model.endOthers().then(() => setAsking(false))}
        >
          <p>
            <Trans>มีผลภายใน 5 วินาที ข้อมูลที่เก็บไว้ในเครื่องเหล่านั้นจะถูกลบ เครื่องนี้ยังใช้งานได้ต่อ</Trans>
          </p>
        </ConfirmDialog>
      )}
      {disowning !== null && (
        <ConfirmDialog
          title={t`มีผู้อื่นใช้บัญชีของท่านหรือไม่`}
          confirmLabel={t`ออกจากทุกเครื่องอื่นและเปลี่ยนรหัสผ่าน`}
          cancelLabel={t`ยกเลิก`}
          danger
          isPending={busy}
          onClose={() => setDisowning(null)}
          onConfirm={() => void model.disown(disowning).then(() => setDisowning(null))}
        >
          <p>
            <Trans>
              ระบบจะบันทึกว่ารายการนี้ไม่ใช่ท่าน ทุกเครื่องอื่นจะออกจากระบบภายใน 5 วินาที จากนั้นท่านต้องตั้งรหัสผ่านใหม่ และควรแจ้งผู้ดูแลระบบของหน่วยงานทันที
            </Trans>
          </p>
        </ConfirmDialog>
      )}
    </Panel>
  );
}

function Session({ session, model }: { session: SessionView; model: AccountModel }) {
  const { t } = useLingui();
  const { busy } = useReadable(model.attempt);
  const device = session.device || t`อุปกรณ์ไม่ทราบชื่อ`;
  const last = formatDateTime(session.last_used);
  return (
    <Row
      lead={<Icon name={isHandheld(session.device) ? "mobile" : "device"} />}
      title={device}
      detail={
        <>
          <Trans>ใช้ล่าสุด {last}</Trans> · {session.address}
        </>
      }
      end={
        session.current ? (
          <Chip icon="check" tone="ok">{t`เครื่องนี้`}</Chip>
        ) : (
          <Button onPress={() => void model.endSession(session.id)} isPending={busy} label={t`ออกจากระบบใน ${device}`}>
            <Trans>ออกจากระบบ</Trans>
          </Button>
        )
      }
    />
  );
}

interface SignInsProps {
  signIns: readonly SignIn[];
  sessions: readonly SessionView[];
  onDisown: (signIn: SignIn) => void;
}

function SignIns({ signIns, sessions, onDisown }: SignInsProps) {
  return (
    <ul className="sign-ins">
      {signIns.map((signIn) => (
        <li key={signIn.id}>
          <SignInRow signIn={signIn} onDisown={mayDisown(signIn, sessions) ? onDisown : null} />
        </li>
      ))}
    </ul>
  );
}

function SignInRow({ signIn, onDisown }: { signIn: SignIn; onDisown: ((signIn: SignIn) => void) | null }) {
  const { t } = useLingui();
  const last = formatDateTime(signIn.until);
  const tries = signIn.tries ?? 1;
  return (
    <Row
      lead={<Icon name={isGood(signIn.outcome) ? "check" : "error"} label={isGood(signIn.outcome) ? t`สำเร็จ` : t`ไม่สำเร็จ`} />}
      title={
        <>
          <Outcome outcome={signIn.outcome} />
          {tries > 1 && (
            <>
              {" "}
              ({plural(tries, { other: "# ครั้ง" })})
            </>
          )}{" "}
          {signIn.apart === true && <Chip icon="error" tone="warn">{t`ขณะมีการใช้งานจากที่อื่น`}</Chip>}
          {signIn.disowned != null && <Chip icon="error" tone="danger">{t`แจ้งว่าไม่ใช่ของท่านแล้ว`}</Chip>}
        </>
      }
      detail={[signIn.device, signIn.address].filter(Boolean).join(" · ")}
      end={
        <>
          <Time at={signIn.until}>{last}</Time>
          {onDisown !== null && (
            <Button onPress={() => onDisown(signIn)} label={t`แจ้งว่าไม่ใช่ของท่าน รายการ ${last}`}>
              <Trans>แจ้งว่าไม่ใช่ของท่าน</Trans>
            </Button>
          )}
        </>
      }
    />
  );
}

const GOOD: ReadonlySet<string> = new Set(["signed_in", "password_reset", "account_created", "recovery_used"]);
const isGood = (outcome: string): boolean => GOOD.has(outcome);

function Outcome({ outcome }: { outcome: string }) {
  switch (outcome) {
    case "signed_in":
      return <Trans>เข้าใช้งานสำเร็จ</Trans>;
    case "failed":
      return <Trans>กรอกรหัสผ่านไม่ถูกต้อง</Trans>;
    case "refused":
      return <Trans>บัญชีใช้งานไม่ได้ในขณะนั้น</Trans>;
    case "second_factor_failed":
      return <Trans>รหัสยืนยันไม่ถูกต้อง</Trans>;
    case "used_apart":
      return <Trans>มีการใช้งานพร้อมกันจากสองแห่ง</Trans>;
    case "account_created":
      return <Trans>ผู้ดูแลระบบสร้างบัญชีให้ท่าน</Trans>;
    case "recovery_used":
      return <Trans>ใช้รหัสกู้คืนแทนการยืนยันตัวตนขั้นที่สอง</Trans>;
    case "password_reset":
      return <Trans>ผู้ดูแลระบบตั้งรหัสผ่านใหม่ให้</Trans>;
    default:
      return <Trans>เข้าใช้งานไม่สำเร็จ</Trans>;
  }
}
