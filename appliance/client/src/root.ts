/** The shape of what `main.tsx` builds and every screen is given. A module of its own, so that no screen imports `App`. */
import type { Core } from "#core/index";
import type { Recorder } from "#core/recorder";
import type { Readable } from "#core/store";
import type { NotificationsModel } from "#features/account/NotificationsModel";
import type { PreferencesModel } from "#features/account/PreferencesModel";
import type { FilesModel } from "#features/files/FilesModel";
import type { ShellModel } from "#features/shell/ShellModel";
import type { InstallOffer } from "#platform/install";
import type { WaitingUpdate } from "#platform/serviceWorker";

/** What the composition root built; the same objects for as long as the page lives. */
export interface Root {
  readonly core: Core;
  readonly shell: ShellModel;
  readonly preferences: PreferencesModel;
  readonly notifications: NotificationsModel;
  readonly files: FilesModel;
  readonly recorder: Recorder;
  readonly update: Readable<WaitingUpdate | null>;
  readonly install: Readable<InstallOffer | null>;
}
