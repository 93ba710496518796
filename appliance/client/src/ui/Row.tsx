/** A line of a list: a person or a thing with a second line of details, and what can be done with it at the end. */
import type { ReactNode } from "react";
import { Button as AriaButton } from "react-aria-components/Button";

import { StatusLine } from "./StatusLine";
import "./Row.css";

interface RowProps {
  lead?: ReactNode;
  title: ReactNode;
  detail?: ReactNode;
  /** What a person says of themselves, on one line. */
  status?: string | null | undefined;
  end?: ReactNode;
  /** Makes the words a button, for example to open a profile. */
  onPress?: () => void;
  pressLabel?: string;
}

export function Row({ lead, title, detail, status, end, onPress, pressLabel }: RowProps) {
  const words = (
    <>
      {lead}
      <span className="row-words">
        <span className="row-title">{title}</span>
        {detail !== undefined && <span className="row-detail">{detail}</span>}
        {status && <StatusLine>{status}</StatusLine>}
      </span>
    </>
  );
  return (
    <div className="row">
      {onPress === undefined ? (
        <span className="row-main">{words}</span>
      ) : (
        <AriaButton className="row-main row-press" onPress={onPress} {...(pressLabel ? { "aria-label": pressLabel } : {})}>
          {words}
        </AriaButton>
      )}
      {end !== undefined && <span className="row-end">{end}</span>}
    </div>
  );
}
