/** A tree of units: arrows open, close and move, one tab stop; Enter or a press selects, and what that does is up to the caller. */
import { Button } from "react-aria-components/Button";
import { Tree as AriaTree, TreeItem, TreeItemContent } from "react-aria-components/Tree";
import { Icon } from "./Icon";
import "./Tree.css";

export interface TreeNode {
  id: string;
  label: string;
  /** Said and shown after the label: how many people. */
  detail: string;
  children: readonly TreeNode[];
}

interface TreeProps {
  label: string;
  openLabel: string;
  nodes: readonly TreeNode[];
  expanded: ReadonlySet<string>;
  onExpandedChange: (expanded: ReadonlySet<string>) => void;
  selected: string | null;
  onSelect: (id: string) => void;
}

function Branch({ node, openLabel }: { node: TreeNode; openLabel: string }) {
  return (
    <TreeItem id={node.id} textValue={node.label} className="tree-item">
      <TreeItemContent>
        {({ hasChildItems }) => (
          <div className="tree-row">
            {hasChildItems ? (
              <Button slot="chevron" className="tree-chevron" aria-label={openLabel}>
                <Icon name="chevronRight" size="s" />
              </Button>
            ) : (
              <span className="tree-leaf" />
            )}
            <span className="tree-label">{node.label}</span>
            <span className="tree-detail">{node.detail}</span>
          </div>
        )}
      </TreeItemContent>
      {node.children.map((child) => (
        <Branch key={child.id} node={child} openLabel={openLabel} />
      ))}
    </TreeItem>
  );
}

export function Tree({ label, openLabel, nodes, expanded, onExpandedChange, selected, onSelect }: TreeProps) {
  return (
    <AriaTree
      className="tree"
      aria-label={label}
      selectionMode="single"
      // Moving selects nothing: what is selected may take the place of the tree.
      selectionBehavior="toggle"
      disallowEmptySelection
      // Esc belongs to the dialog around it.
      escapeKeyBehavior="none"
      selectedKeys={selected === null ? [] : [selected]}
      onSelectionChange={(keys) => {
        const [first] = keys === "all" ? [] : [...keys];
        if (first !== undefined) onSelect(String(first));
      }}
      expandedKeys={expanded}
      onExpandedChange={(keys) => onExpandedChange(new Set([...keys].map(String)))}
    >
      {nodes.map((node) => (
        <Branch key={node.id} node={node} openLabel={openLabel} />
      ))}
    </AriaTree>
  );
}
