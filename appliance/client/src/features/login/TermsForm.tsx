import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect } from "react";

import type { AttemptState } from "#core/attempt";
import type { Me, Terms } from "#core/protocol";
import { formatDate, formatNumber } from "#i18n/dates";
import { losingText, losingTitle } from "#i18n/unsent";
import { Button } from "#ui/Button";
import { ConfirmDialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { nameOf } from "#ui/names";
import { Loading } from "#ui/Notice";
import { useReadable } from "#ui/useReadable";

import type { LoginModel } from "./LoginModel";

interface TermsFormProps {
  attempt: AttemptState;
  me: Me;
  sent: Terms | null;
  model: LoginModel;
}

/** The terms of use, accepted once and again when they change (F80). Refusing signs out and keeps the account. */
export function TermsForm({ attempt, me, sent, model }: TermsFormProps) {
  const { t } = useLingui();
  const terms = useReadable(model.terms) ?? sent;
  const reading = useReadable(model.reading);
  const losing = useReadable(model.losing);
  useEffect(() => {
    if (sent === null) void model.loadTerms();
  }, [sent, model]);
  if (terms === null) return reading.failure ? <FailureNotice failure={reading.failure} /> : <Loading label={t`กำลังโหลดข้อกำหนด`} />;
  const name = nameOf(me.person);
  return (
    <div className="login-form">
      <div>
        <h2 lang={terms.language}>{terms.title}</h2>
        <p className="login-hint">
          <Trans>
            ฉบับที่ {formatNumber(terms.version)} มีผลตั้งแต่ {formatDate(terms.effective)}
          </Trans>
        </p>
      </div>
      {/* Scrolls by keyboard too. */}
      <div className="login-terms" tabIndex={0} role="region" aria-label={terms.title} lang={terms.language}>
        {terms.text.split(/\n{2,}/u).map((paragraph, i) => (
          <p key={i}>{paragraph}</p>
        ))}
      </div>
      <FailureNotice failure={attempt.failure} />
      <p>
        <Trans>ท่านเข้าสู่ระบบในชื่อ {name}</Trans>
      </p>
      <p className="login-hint">
        <Trans>หากไม่ยอมรับ ท่านจะออกจากระบบทันที บัญชีของท่านยังอยู่ และยอมรับได้เมื่อเข้าสู่ระบบครั้งต่อไป</Trans>
      </p>
      <div className="login-buttons">
        <Button onPress={() => void model.refuseTerms()}>
          <Trans>ไม่ยอมรับและออกจากระบบ</Trans>
        </Button>
        <Button variant="primary" isPending={attempt.busy} pendingLabel={t`กำลังเข้าสู่ระบบ`} onPress={() => void model.acceptTerms(terms.version)}>
          <Trans>ยอมรับข้อกำหนด</Trans>
        </Button>
      </div>
      {losing !== null && (
        <ConfirmDialog
          title={losingTitle(losing)}
          confirmLabel={t`ทิ้งข้อความและออกจากระบบ`}
          cancelLabel={t`ยังไม่ออกจากระบบ`}
          danger
          onClose={model.keepReading}
          onConfirm={() => void model.refuseAndLose()}
        >
          {losingText(losing).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
        </ConfirmDialog>
      )}
    </div>
  );
}
