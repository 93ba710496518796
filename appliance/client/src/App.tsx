/** Decides between the screens before the rooms and the rooms themselves, and hands each what it needs. */
import { useLingui } from "@lingui/react/macro";
import { lazy, Suspense, useMemo, useState } from "react";

import type { Me } from "#core/protocol";
import { LanguageSwitch } from "#features/account/LanguageSwitch";
import { LoginModel } from "#features/login/LoginModel";
import { LoginView } from "#features/login/LoginView";
import { deviceName } from "#platform/device";
import { Boundary } from "#ui/Boundary";
import { Opening } from "#ui/Opening";
import { useReadable } from "#ui/useReadable";

import { FilesElsewhere } from "./FilesElsewhere";
import type { Root } from "./root";

/** The sign-in page comes without the rooms; main.tsx fetches their code while somebody types. */
export const loadWorkspace = () => import("./Workspace").then((part) => ({ default: part.Workspace }));
const Workspace = lazy(loadWorkspace);

export function App({ root }: { root: Root }) {
  const { t } = useLingui();
  const session = useReadable(root.core.session);
  const agency = useReadable(root.core.agency);
  const [asked, setAsked] = useState(false);
  // Whoever was asked to sign in has pressed a button that is gone once the rooms are there.
  if (!asked && session.kind !== "signed_in" && session.kind !== "starting") setAsked(true);
  const login = useMemo(() => new LoginModel(root.core.session, deviceName()), [root]);
  return (
    <>
      {session.kind === "signed_in" ? (
        <Boundary place="workspace" words={t`เปิดหน้าจอไม่สำเร็จ โปรดตรวจสอบการเชื่อมต่อ`} again={t`ลองใหม่`} onAgain={() => location.reload()}>
          <Suspense fallback={<Opening />}>
            <Rooms root={root} me={session.me} signedIn={asked} />
          </Suspense>
        </Boundary>
      ) : (
        <LoginView model={login} state={session} language={<LanguageSwitch model={root.preferences} />} agency={agency} />
      )}
      <FilesElsewhere />
    </>
  );
}

/**
 * The rooms once there are any to show; without a line the frame says why there are none. What stands there stays while the
 * session lasts.
 */
function Rooms({ root, me, signedIn }: { root: Root; me: Me; signedIn: boolean }) {
  const { loaded } = useReadable(root.core.rooms.list);
  const connection = useReadable(root.core.connection);
  const [entered, setEntered] = useState(false);
  if (!entered && (loaded || connection.kind === "offline")) setEntered(true);
  return entered ? <Workspace root={root} me={me} signedIn={signedIn} /> : <Opening />;
}
