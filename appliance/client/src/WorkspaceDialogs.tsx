/** The dialogs over the workspace: help, a new chat, choosing people. Owns which of them are open. */
import { lazy, Suspense, useCallback, useMemo, useState } from "react";

import type { PersonId, RoomId } from "#core/snapshots";
import { Store } from "#core/store";
import type { PeopleModel } from "#features/people/PeopleModel";
import { PickerModel, type PickerPurpose } from "#features/people/PickerModel";
import { useReadable } from "#ui/useReadable";

import type { Root } from "./root";

const HelpView = lazy(() => import("#features/help/HelpView").then((part) => ({ default: part.HelpView })));
const NewChatView = lazy(() => import("#features/people/NewChatView").then((part) => ({ default: part.NewChatView })));
const PickerView = lazy(() => import("#features/people/PickerView").then((part) => ({ default: part.PickerView })));
const NO_ROOM = new Store(null);

export interface Dialogs {
  readonly helping: boolean;
  readonly finding: boolean;
  readonly purpose: PickerPurpose | null;
  readonly openHelp: () => void;
  readonly closeHelp: () => void;
  readonly openNewChat: () => void;
  readonly closeNewChat: () => void;
  readonly pick: (purpose: PickerPurpose) => void;
  readonly closePicker: () => void;
}

export function useDialogs(): Dialogs {
  const [helping, setHelping] = useState(false);
  const [finding, setFinding] = useState(false);
  const [purpose, setPurpose] = useState<PickerPurpose | null>(null);
  const openHelp = useCallback(() => setHelping(true), []);
  return {
    helping,
    finding,
    purpose,
    openHelp,
    closeHelp: () => setHelping(false),
    openNewChat: () => setFinding(true),
    closeNewChat: () => setFinding(false),
    pick: setPurpose,
    closePicker: () => setPurpose(null),
  };
}

interface WorkspaceDialogsProps {
  root: Root;
  me: PersonId;
  dialogs: Dialogs;
  people: PeopleModel;
  onChat: (person: PersonId) => void;
}

export function WorkspaceDialogs({ root, me, dialogs, people, onChat }: WorkspaceDialogsProps) {
  const agency = useReadable(root.core.agency);
  const { purpose } = dialogs;
  const closing = (then: (person: PersonId) => void) => (person: PersonId) => {
    dialogs.closeNewChat();
    then(person);
  };
  return (
    <Suspense fallback={null}>
      {dialogs.helping && <HelpView agency={agency} onClose={dialogs.closeHelp} />}
      {dialogs.finding && (
        <NewChatView
          model={people}
          onClose={dialogs.closeNewChat}
          onChat={closing(onChat)}
          onPerson={closing(root.shell.openPerson)}
        />
      )}
      {purpose !== null && <Picker root={root} me={me} purpose={purpose} onClose={dialogs.closePicker} />}
    </Suspense>
  );
}

interface PickerProps {
  root: Root;
  me: PersonId;
  purpose: PickerPurpose;
  onClose: () => void;
}

function Picker({ root: { core, shell }, me, purpose, onClose }: PickerProps) {
  const target = purpose.kind === "new" ? null : purpose.room;
  const room = useReadable(target === null ? NO_ROOM : core.rooms.room(target));
  const model = useMemo(() => new PickerModel(core, purpose, me), [core, purpose, me]);
  if (target !== null && room === null) return null;
  const finish = (made: RoomId) => {
    onClose();
    // Who adds or suggests goes on looking at the room's settings, where they were.
    if (purpose.kind === "new") shell.openRoom(made);
  };
  return <PickerView model={model} onClose={onClose} onDone={finish} />;
}
