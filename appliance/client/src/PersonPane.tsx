import { useLingui } from "@lingui/react/macro";
import { useMemo } from "react";

import type { Me } from "#core/protocol";
import type { PersonId } from "#core/snapshots";
import { ProfileModel } from "#features/people/ProfileModel";
import { ProfileView } from "#features/people/ProfileView";

import type { Root } from "./root";

/** A person's profile beside a room or beside the directory. */
export function PersonPane({ root, person, me }: { root: Root; person: PersonId; me: Me }) {
  const { t } = useLingui();
  const { core, shell } = root;
  const model = useMemo(() => new ProfileModel(core, person), [core, person]);
  return (
    <ProfileView
      model={model}
      isMe={person === me.person.id}
      leave={{ icon: "close", label: t`ปิด`, onPress: shell.back }}
      onRoom={shell.openRoom}
      onEditMe={() => shell.openSettings("me")}
    />
  );
}
