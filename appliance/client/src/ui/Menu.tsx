/**
 * A menu of actions. An action that a rule forbids stays in the list, greyed, with the reason under it, so that it can
 * be found and understood by keyboard and screen reader alike; choosing it does nothing.
 */
import { type ReactNode, useState } from "react";
import { Header } from "react-aria-components/Header";
import { Menu as AriaMenu, MenuItem, MenuSection, MenuTrigger } from "react-aria-components/Menu";
import { Popover } from "react-aria-components/Popover";
import { Text } from "react-aria-components/Text";
import { Icon, type IconName } from "./Icon";
import { useCloseOnBack } from "./layers";
import "./Menu.css";

export interface MenuAction {
  id: string;
  label: string;
  icon?: IconName;
  onAction: () => void;
  /** What it brings with it, under the label. */
  detail?: string;
  /** Why it may not be chosen. */
  denied?: string | undefined;
  danger?: boolean;
}

interface ActionMenuProps {
  label: string;
  title?: string;
  trigger: ReactNode;
  actions: readonly MenuAction[];
  placement?: "bottom start" | "bottom end" | "top start" | "top end";
}

function Item({ action }: { action: MenuAction }) {
  const reason = action.denied ?? action.detail;
  const state = action.denied !== undefined ? "menu-item-denied" : action.danger ? "menu-item-danger" : "";
  return (
    <MenuItem id={action.id} textValue={action.label} className={`menu-item ${state}`}>
      {action.icon && <Icon name={action.icon} />}
      <span className="menu-words">
        <Text slot="label">{action.label}</Text>
        {reason !== undefined && (
          <Text slot="description" className="menu-reason">
            {reason}
          </Text>
        )}
      </span>
    </MenuItem>
  );
}

export function MenuItems({ label, title, actions }: { label: string; title?: string; actions: readonly MenuAction[] }) {
  return (
    <MenuSection className="menu-section" aria-label={title ?? label}>
      {title !== undefined && <Header className="menu-title">{title}</Header>}
      {actions.map((action) => (
        <Item key={action.id} action={action} />
      ))}
    </MenuSection>
  );
}

/**
 * Does what was chosen, unless a rule forbids it. Two frames later: the menu has closed by then and given the focus back,
 * so what the action opens keeps the focus, and returns it to the right place.
 */
export function runAction(actions: readonly MenuAction[], id: string | number): void {
  const action = actions.find((candidate) => candidate.id === id);
  if (action === undefined || action.denied !== undefined) return;
  requestAnimationFrame(() => requestAnimationFrame(() => action.onAction()));
}

export function ActionMenu({ label, title, trigger, actions, placement = "bottom end" }: ActionMenuProps) {
  const [open, setOpen] = useState(false);
  useCloseOnBack(() => setOpen(false), open);
  return (
    <MenuTrigger isOpen={open} onOpenChange={setOpen}>
      {trigger}
      <Popover className="popover" placement={placement} offset={4}>
        <AriaMenu aria-label={label} className="menu" onAction={(id) => runAction(actions, id)}>
          <MenuItems label={label} actions={actions} {...(title === undefined ? {} : { title })} />
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}
