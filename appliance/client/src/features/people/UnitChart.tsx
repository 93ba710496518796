import { plural } from "@lingui/core/macro";
import { Trans, useLingui } from "@lingui/react/macro";
import { useEffect } from "react";

import { formatNumber } from "#i18n/dates";
import { Button } from "#ui/Button";
import { FailureNotice } from "#ui/Failure";
import { nameOf } from "#ui/names";
import { Loading } from "#ui/Notice";
import { Tree, type TreeNode } from "#ui/Tree";
import { useReadable } from "#ui/useReadable";

import type { ChartModel } from "./PeopleModel";
import type { UnitNode } from "./unitTree";

interface UnitChartProps {
  model: ChartModel;
  selected: string | null;
  onSelect: (unit: string) => void;
}

/** The organisation chart as a tree that opens branch by branch. */
export function UnitChart({ model, selected, onSelect }: UnitChartProps) {
  const { t } = useLingui();
  const { tree, expanded, loading, failure } = useReadable(model);
  useEffect(() => {
    void model.load();
  }, [model]);
  if (loading) return <Loading label={t`กำลังโหลดผังองค์กร`} />;
  if (failure && tree.length === 0) {
    return (
      <div className="people-failed">
        <FailureNotice failure={failure} />
        <Button icon="refresh" onPress={() => void model.load()}>
          <Trans>ลองใหม่</Trans>
        </Button>
      </div>
    );
  }
  return (
    <Tree
      label={t`ผังองค์กร`}
      openLabel={t`เปิดหรือปิดหน่วยงานย่อย`}
      nodes={tree.map(treeNode)}
      expanded={expanded}
      onExpandedChange={model.setExpanded}
      selected={selected}
      onSelect={onSelect}
    />
  );
}

function treeNode({ unit, children }: UnitNode): TreeNode {
  return {
    id: unit.id,
    label: nameOf(unit),
    detail: formatNumber(unit.people_below),
    children: children.map(treeNode),
  };
}

/** «กองคลัง · 42 คน». */
export function UnitTitle({ name, people }: { name: string; people: number }) {
  return (
    <>
      {name} <span className="people-count">{plural(people, { other: "# คน" })}</span>
    </>
  );
}
