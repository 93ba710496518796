/** The screens before the rooms: name and password, second factor, terms, forced change of password. */
import { Trans, useLingui } from "@lingui/react/macro";
import { lazy, type ReactNode, Suspense } from "react";

import type { AgencyView } from "#core/protocol";
import type { SessionState, SignedOutReason } from "#core/snapshots";
import { reasonText } from "#i18n/reasons";
import { Brand } from "#ui/Brand";
import { Helpdesk } from "#ui/Helpdesk";
import { Notice } from "#ui/Notice";
import { OpeningWords } from "#ui/Opening";
import { useReadable } from "#ui/useReadable";

import type { LoginModel } from "./LoginModel";
import { NewPasswordForm } from "./NewPasswordForm";
import { PasswordForm } from "./PasswordForm";
import { SecondFactorForm } from "./SecondFactorForm";
import "./login.css";

/** Read when it is needed: its dialog is a quarter of what the sign-in page would fetch besides. */
const TermsForm = lazy(() => import("./TermsForm").then((part) => ({ default: part.TermsForm })));

interface LoginViewProps {
  model: LoginModel;
  state: Exclude<SessionState, { kind: "signed_in" }>;
  /** The switch of language, in the same place on every screen before the rooms. */
  language: ReactNode;
  agency: AgencyView | null;
}

export function LoginView({ model, state, language, agency }: LoginViewProps) {
  const { i18n } = useLingui();
  return (
    <div className="login">
      <header className="login-head">
        <div className="login-whose">
          <Brand />
          {agency !== null && <p className="login-agency">{i18n.locale === "th" ? agency.name_th : agency.name_en}</p>}
        </div>
        {language}
      </header>
      <main className={`login-card ${state.kind === "terms" ? "login-wide" : ""}`}>
        <Step model={model} state={state} />
      </main>
      <footer className="login-foot">
        <p>
          <Trans>สำหรับเจ้าหน้าที่ของหน่วยงานเท่านั้น</Trans>
        </p>
        <Helpdesk agency={agency} />
      </footer>
    </div>
  );
}

function Step({ model, state }: Omit<LoginViewProps, "language" | "agency">) {
  const attempt = useReadable(model.attempt);
  switch (state.kind) {
    case "starting":
      return <OpeningWords />;
    case "signed_out":
      return (
        <>
          <WhySignedOut reason={state.reason} />
          <PasswordForm attempt={attempt} model={model} />
        </>
      );
    case "second_factor":
      return <SecondFactorForm attempt={attempt} state={state} model={model} />;
    case "terms":
      return (
        <Suspense fallback={<OpeningWords />}>
          <TermsForm attempt={attempt} me={state.me} sent={state.terms} model={model} />
        </Suspense>
      );
    case "password_change":
      return <NewPasswordForm attempt={attempt} shortest={state.me.shortest_password} model={model} />;
  }
}

function WhySignedOut({ reason }: { reason: SignedOutReason }) {
  switch (reason) {
    case "none":
    case "logout":
      return null;
    case "ended":
      return (
        <Notice kind="warn">
          <Trans>การเข้าใช้งานบนอุปกรณ์นี้สิ้นสุดแล้ว ข้อมูลที่เก็บไว้ในอุปกรณ์ถูกลบแล้ว</Trans>
        </Notice>
      );
    case "no_cookie":
      return (
        <Notice kind="warn">
          <Trans>
            ชื่อผู้ใช้และรหัสผ่านถูกต้อง แต่เบราว์เซอร์นี้ไม่เก็บคุกกี้ของการเข้าสู่ระบบ Safari เป็นเช่นนี้เมื่อที่อยู่ขึ้นต้นด้วย http://
            ให้เปิดที่อยู่ที่ขึ้นต้นด้วย https:// หรืออนุญาตคุกกี้ของที่อยู่นี้ หรือใช้เบราว์เซอร์อื่น
          </Trans>
        </Notice>
      );
    case "stale":
      return (
        <Notice kind="warn">
          <Trans>ไม่ได้เชื่อมต่อกับเครื่องแม่ข่ายนานเกินกำหนด ข้อมูลที่เก็บไว้ในอุปกรณ์จึงถูกลบเพื่อความปลอดภัย</Trans>
        </Notice>
      );
    default:
      return (
        <Notice kind="warn">
          {reasonText(reason)} <Trans>ข้อมูลที่เก็บไว้ในอุปกรณ์นี้ถูกลบแล้ว</Trans>
        </Notice>
      );
  }
}
