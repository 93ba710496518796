/** Whom staff ask for help, on the sign-in page, in help and in about: the same words everywhere (WCAG 3.2.6). */
import { Trans } from "@lingui/react/macro";

import { Icon } from "./Icon";
import { mailTo } from "./mailTo";
import "./Helpdesk.css";

interface Agency {
  readonly helpdesk: { readonly phone?: string; readonly email?: string; readonly place?: string };
}

export function Helpdesk({ agency }: { agency: Agency | null }) {
  const { phone = "", email = "", place = "" } = agency?.helpdesk ?? {};
  return (
    <div className="helpdesk">
      <p>
        <Trans>เข้าสู่ระบบไม่ได้ ลืมรหัสผ่าน หรือพบปัญหา โปรดติดต่อผู้ดูแลระบบของหน่วยงาน</Trans>
      </p>
      <ul>
        {phone !== "" && (
          <li>
            <Icon name="phone" size="s" />
            <a href={`tel:${dialled(phone)}`}>{phone}</a>
          </li>
        )}
        {email !== "" && (
          <li>
            <Icon name="mail" size="s" />
            <a href={mailTo(email)}>{email}</a>
          </li>
        )}
        {place !== "" && (
          <li>
            <Icon name="building" size="s" />
            <span>{place}</span>
          </li>
        )}
      </ul>
    </div>
  );
}

/** The number itself: what stands before an extension or a second number, without spaces and hyphens. */
function dialled(phone: string): string {
  return (phone.split(/ต่อ|ext|,/u)[0] ?? "").replace(/[^0-9+]/gu, "");
}
