/** «คำขอ» with the profile photographs that wait for the reader among what was asked of them. No rules, no words. */
import { useMemo } from "react";

import type { PersonId, RoomId } from "#core/snapshots";
import { JudgeModel } from "#features/people/JudgeModel";
import { OwnRefusal, PhotosToJudge } from "#features/people/PhotosToJudge";
import type { RequestsModel } from "#features/room/RequestsModel";
import { RequestsView } from "#features/room/RequestsView";
import { useReadable } from "#ui/useReadable";

import type { Root } from "./root";

interface RequestsPaneProps {
  root: Root;
  requests: RequestsModel;
  leave: { icon: "back" | "close"; label: string; onPress: () => void };
  hrefOf: (room: RoomId) => string;
  onPerson: (id: PersonId) => void;
}

export function RequestsPane({ root: { core }, requests, ...rest }: RequestsPaneProps) {
  const judge = useMemo(() => new JudgeModel(core), [core]);
  const { waiting, refused } = useReadable(judge);
  return (
    <RequestsView
      model={requests}
      photos={<PhotosToJudge model={judge} />}
      refusal={refused === null ? null : <OwnRefusal reason={refused} />}
      hasPhotos={waiting > 0}
      {...rest}
    />
  );
}
