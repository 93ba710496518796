/** The pages of the settings as a list of links, in the same place on every screen. */
import { Trans, useLingui } from "@lingui/react/macro";

import { Icon, type IconName } from "#ui/Icon";
import { moveRovingFocus } from "#ui/roving";

import "./account.css";

export interface Leave {
  readonly icon: "back";
  readonly label: string;
  readonly onPress: () => void;
}

export type SettingsPageId = "me" | "display" | "notifications" | "devices" | "security" | "about";

interface SettingsListProps {
  page: SettingsPageId | null;
  hrefOf: (page: SettingsPageId) => string;
  onHelp: () => void;
  onLogout: () => void;
}

export function SettingsList({ page, hrefOf, onHelp, onLogout }: SettingsListProps) {
  const { t } = useLingui();
  const pages: { id: SettingsPageId; icon: IconName; label: string }[] = [
    { id: "me", icon: "person", label: t`ข้อมูลของท่าน` },
    { id: "display", icon: "language", label: t`การแสดงผล` },
    { id: "notifications", icon: "bell", label: t`การแจ้งเตือน` },
    { id: "devices", icon: "device", label: t`อุปกรณ์และการเข้าใช้งาน` },
    { id: "security", icon: "shield", label: t`รหัสผ่านและการยืนยันตัวตน` },
    { id: "about", icon: "info", label: t`เกี่ยวกับระบบ` },
  ];
  return (
    <div className="settings-list">
      <header className="rooms-head">
        <h2>
          <Trans>ตั้งค่า</Trans>
        </h2>
      </header>
      <nav aria-label={t`ตั้งค่า`}>
        <ul onKeyDown={moveRovingFocus}>
          {pages.map((one, i) => (
            <li key={one.id}>
              <a
                className="settings-link"
                href={hrefOf(one.id)}
                data-roving
                tabIndex={one.id === page || (page === null && i === 0) ? 0 : -1}
                {...(one.id === page ? { "aria-current": "page" as const } : {})}
              >
                <Icon name={one.icon} />
                <span>{one.label}</span>
                <Icon name="chevronRight" size="s" />
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div className="settings-foot">
        <button type="button" className="settings-link" onClick={onHelp}>
          <Icon name="help" />
          <span>
            <Trans>ช่วยเหลือ</Trans>
          </span>
        </button>
        <button type="button" className="settings-link settings-logout" onClick={onLogout}>
          <Icon name="logout" />
          <span>
            <Trans>ออกจากระบบ</Trans>
          </span>
        </button>
      </div>
    </div>
  );
}
