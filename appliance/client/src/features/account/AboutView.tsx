import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect, useMemo, useState } from "react";

import { Attempt } from "#core/attempt";
import type { Core } from "#core/index";
import type { Me, Terms } from "#core/protocol";
import { formatDate, formatDateTime, formatNumber } from "#i18n/dates";
import { Button } from "#ui/Button";
import { Dialog } from "#ui/Dialog";
import { FailureNotice } from "#ui/Failure";
import { Helpdesk } from "#ui/Helpdesk";
import { Panel, PanelSection } from "#ui/Panel";
import { useReadable } from "#ui/useReadable";

import type { Leave } from "./SettingsList";

interface AboutViewProps {
  model: Core;
  me: Me;
  leave: Leave | undefined;
}

/** Who runs this, which version, what was agreed to, whom to ask, and what is not promised (F06, F80, F97, F100). */
export function AboutView({ model, me, leave }: AboutViewProps) {
  const { t, i18n } = useLingui();
  const agency = useReadable(model.agency);
  const version = me.server_version;
  return (
    <Panel label={t`เกี่ยวกับระบบ`} title={<Trans>เกี่ยวกับระบบ</Trans>} {...(leave ? { leave } : {})} className="settings-panel" readable>
      <section className="settings-about">
        <p className="brand">G-Chat</p>
        {agency !== null && <p className="settings-agency">{i18n.locale === "th" ? agency.name_th : agency.name_en}</p>}
        <p className="settings-hint">
          <Trans>รุ่น {version}</Trans>
        </p>
        <p>
          <Trans>ระบบสื่อสารสำหรับเจ้าหน้าที่ภาครัฐ ทำงานบนเครื่องแม่ข่ายของหน่วยงานของท่านเอง ตามมติคณะรัฐมนตรีเมื่อวันที่ 29 มีนาคม 2559</Trans>
        </p>
      </section>
      {me.terms.version > 0 && <TermsSection model={model} />}
      <PanelSection title={t`ติดต่อขอความช่วยเหลือ`}>
        <Helpdesk agency={agency} />
      </PanelSection>
      <PanelSection title={t`ความมั่นคงปลอดภัย: สิ่งที่คุ้มครองและไม่คุ้มครอง`}>
        <ul className="settings-facts">
          <li>
            <Trans>รุ่นนี้ส่งได้เฉพาะข้อความ ยังส่งไฟล์และรูปภาพไม่ได้</Trans>
          </li>
          <li>
            <Trans>ข้อความเข้ารหัสทั้งระหว่างส่งและในที่จัดเก็บ กุญแจอยู่กับหน่วยงานของท่าน</Trans>
          </li>
          <li>
            <Trans>
              ระบบไม่ได้เข้ารหัสจากต้นทางถึงปลายทาง ผู้ที่ควบคุมเครื่องแม่ข่ายและถือกุญแจของหน่วยงานจึงส่งออกข้อความของห้องได้ตามที่กฎหมายให้อำนาจ และระบบบันทึกการส่งออกไว้ทุกครั้ง
            </Trans>
          </li>
          <li>
            <Trans>ระบบแสดงข้อความของห้องแก่สมาชิกเท่านั้น ผู้ดูแลระบบที่ไม่ได้เป็นสมาชิกก็เปิดอ่านไม่ได้</Trans>
          </li>
          <li>
            <Trans>ชื่อผู้อ่านและเวลาที่อ่านแสดงต่อสมาชิกทุกคนในห้อง</Trans>
          </li>
          <li>
            <Trans>
              ข้อความที่เก็บไว้ในเครื่องนี้เข้ารหัส แต่กุญแจอยู่ในโปรไฟล์ของเบราว์เซอร์เดียวกัน ผู้ที่คัดลอกโปรไฟล์ได้จึงเปิดอ่านได้ โปรดล็อกเครื่องเมื่อไม่อยู่
              และเลือก “เครื่องนี้ใช้ร่วมกับผู้อื่น” เมื่อเข้าสู่ระบบในเครื่องส่วนกลาง
            </Trans>
          </li>
          <li>
            <Trans>ระบบถามก่อนส่งข้อความที่มีรหัสผ่านของท่าน เฉพาะรหัสผ่านที่พิมพ์ในเครื่องนี้ และไม่รู้จักรหัสผ่านของระบบอื่น</Trans>
          </li>
          <li>
            <Trans>
              มาตรฐานที่ใช้: TLS 1.3 (RFC 8446), AES-GCM (FIPS 197, NIST SP 800-38D), Argon2id (RFC 9106), Ed25519 (RFC 8032), TOTP (RFC 6238), WebAuthn
              ระดับ 3 และ WCAG 2.2 ระดับ AA ระบบยังไม่ได้รับการรับรองตามมาตรฐานใด
            </Trans>
          </li>
          <li>
            <Trans>ไม่มีระบบใดรับประกันได้ว่าข้อมูลจะปลอดภัยหรือไม่สูญหายในทุกกรณี เก็บเอกสารสำคัญไว้ในระบบงานของหน่วยงานด้วย</Trans>
          </li>
        </ul>
      </PanelSection>
    </Panel>
  );
}

/** What the reader agreed to, to be read again. */
function TermsSection({ model }: { model: Core }) {
  const { t } = useLingui();
  const attempt = useMemo(() => new Attempt(), []);
  const { failure } = useReadable(attempt);
  const [terms, setTerms] = useState<Terms | null>(null);
  const [reading, setReading] = useState(false);
  useEffect(() => {
    void attempt.run(async () => setTerms(await model.session.readTerms()));
  }, [attempt, model]);
  return (
    <PanelSection title={t`ข้อกำหนดการใช้งาน`}>
      <FailureNotice failure={failure} />
      {terms !== null && (
        <div className="settings-terms">
          <p>
            <Trans>
              ฉบับที่ {formatNumber(terms.version)} มีผลตั้งแต่ {formatDate(terms.effective)}
            </Trans>
          </p>
          {terms.accepted_at != null && (
            <p>
              <Trans>ท่านยอมรับเมื่อ {formatDateTime(terms.accepted_at)}</Trans>
            </p>
          )}
          <Button onPress={() => setReading(true)}>
            <Trans>อ่านข้อกำหนดการใช้งาน</Trans>
          </Button>
        </div>
      )}
      {reading && terms !== null && (
        <Dialog title={terms.title} closeLabel={t`ปิด`} size="l" readable onClose={() => setReading(false)}>
          <div className="settings-terms-text" lang={terms.language}>
            {terms.text.split(/\n{2,}/u).map((paragraph, i) => (
              <p key={i}>{paragraph}</p>
            ))}
          </div>
        </Dialog>
      )}
    </PanelSection>
  );
}
