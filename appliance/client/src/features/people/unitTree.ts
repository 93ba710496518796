/** The organisation chart as a tree of nodes. Pure; a unit whose parent is not visible stands at the top. */
import type { UnitView } from "#core/protocol";

export interface UnitNode {
  readonly unit: UnitView;
  readonly children: readonly UnitNode[];
}

export function unitTree(units: readonly UnitView[]): readonly UnitNode[] {
  const known = new Set(units.map((unit) => unit.id));
  const byParent = new Map<string | null, UnitView[]>();
  for (const unit of units) {
    const parent = unit.parent !== null && known.has(unit.parent) ? unit.parent : null;
    byParent.set(parent, [...(byParent.get(parent) ?? []), unit]);
  }
  const below = (parent: string | null, seen: ReadonlySet<string>): UnitNode[] =>
    (byParent.get(parent) ?? [])
      .filter((unit) => !seen.has(unit.id))
      .map((unit) => ({ unit, children: below(unit.id, new Set([...seen, unit.id])) }));
  return below(null, new Set());
}

/** The units above `id`, outermost first: what must be open for it to be seen. */
export function pathTo(units: readonly UnitView[], id: string): readonly string[] {
  const parents = new Map(units.map((unit) => [unit.id, unit.parent]));
  const path: string[] = [];
  for (let at = parents.get(id) ?? null; at !== null && !path.includes(at); at = parents.get(at) ?? null) path.unshift(at);
  return path;
}
