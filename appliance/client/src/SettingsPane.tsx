import type { Me } from "#core/protocol";
import { AboutView } from "#features/account/AboutView";
import type { AccountModel } from "#features/account/AccountModel";
import { DevicesView } from "#features/account/DevicesView";
import { DisplayView } from "#features/account/DisplayView";
import { MeView } from "#features/account/MeView";
import { NotificationsView } from "#features/account/NotificationsView";
import type { PhotoModel } from "#features/account/PhotoModel";
import { SecurityView } from "#features/account/SecurityView";
import type { Leave } from "#features/account/SettingsList";
import type { SettingsPage } from "#features/shell/routes";
import { deviceName } from "#platform/device";

import type { Root } from "./root";

interface SettingsPaneProps {
  root: Root;
  account: AccountModel;
  photo: PhotoModel;
  me: Me;
  page: SettingsPage;
  leave: Leave;
}

/** The page of the settings that the address names. */
export function SettingsPane({ root, account, photo, me, page, leave }: SettingsPaneProps) {
  switch (page) {
    case "me":
      return <MeView model={account} photo={photo} me={me} leave={leave} />;
    case "display":
      return <DisplayView model={root.preferences} now={root.core.clock.now()} leave={leave} />;
    case "notifications":
      return <NotificationsView model={root.notifications} leave={leave} />;
    case "devices":
      return <DevicesView model={account} leave={leave} />;
    case "security":
      return <SecurityView model={account} me={me} device={deviceName()} leave={leave} />;
    case "about":
      return <AboutView model={root.core} me={me} leave={leave} />;
  }
}
