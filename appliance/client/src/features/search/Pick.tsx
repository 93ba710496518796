/** One filter as a button that says what is chosen, opens a list to choose from, and can be taken off again. */
import { useLingui } from "@lingui/react/macro";
import { type ReactNode, useState } from "react";

import { AnchoredPanel } from "#ui/Anchored";
import { Button, IconButton } from "#ui/Button";
import type { IconName } from "#ui/Icon";
import { EmptyState } from "#ui/Notice";
import { Row } from "#ui/Row";
import { SearchField } from "#ui/SearchField";

import { moveFocus } from "./moveFocus";

export interface Option {
  readonly id: string;
  readonly title: string;
  readonly detail?: string;
  readonly lead?: ReactNode;
}

interface PickProps {
  icon: IconName;
  label: string;
  /** What is chosen, in words; null for nothing. */
  chosen: string | null;
  onClear: () => void;
  children: (close: () => void) => ReactNode;
}

export function Pick({ icon, label, chosen, onClear, children }: PickProps) {
  const { t } = useLingui();
  const [open, setOpen] = useState(false);
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  const close = () => setOpen(false);
  return (
    <span className={`pick ${chosen === null ? "" : "pick-chosen"}`} ref={setAnchor}>
      <Button icon={icon} variant="quiet" expanded={open} onPress={() => setOpen(true)} label={chosen === null ? label : `${label}: ${chosen}`}>
        {chosen ?? label}
      </Button>
      {chosen !== null && <IconButton icon="close" size="s" label={t`ไม่จำกัด${label}`} onPress={onClear} />}
      {open && anchor !== null && (
        <AnchoredPanel anchor={anchor} label={label} placement="bottom start" onClose={close}>
          {children(close)}
        </AnchoredPanel>
      )}
    </span>
  );
}

interface OptionListProps {
  label: string;
  typed: string;
  onType: (words: string) => void;
  options: readonly Option[];
  onPick: (option: Option) => void;
  /** Nothing fits, as far as is known. */
  empty: string;
}

/** A field to narrow the list by, and the list; arrows move between them. */
export function OptionList({ label, typed, onType, options, onPick, empty }: OptionListProps) {
  const { t } = useLingui();
  return (
    <div className="pick-panel" onKeyDownCapture={(event) => moveFocus(event, ".pick-options button")}>
      <SearchField label={label} clearLabel={t`ล้างคำค้น`} value={typed} onChange={onType} autoFocus />
      <ul className="pick-options">
        {options.map((option) => (
          <li key={option.id}>
            <Row
              lead={option.lead}
              title={option.title}
              {...(option.detail === undefined ? {} : { detail: option.detail })}
              onPress={() => onPick(option)}
            />
          </li>
        ))}
      </ul>
      {options.length === 0 && <EmptyState icon="search" title={empty} />}
    </div>
  );
}
