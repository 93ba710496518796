/**
 * A day, typed as people write it or picked from a month: «1 ต.ค. 2569», «๑/๑๐/๖๙», "1 October 2026" (L2, L3).
 *
 * Rules: the value is an ISO day; the Buddhist year exists only in what is shown. What is typed counts when the field is
 * left or Enter is pressed, not before: half a year is a year too. A year of the other era is asked about, never guessed.
 */
import { Trans, useLingui } from "@lingui/react/macro";
import { lazy, Suspense, useState } from "react";

import { dayFromIso, formatDay, parseDay } from "#core/dates";
import { writtenStyle } from "#i18n/dates";

import { AnchoredPanel } from "./Anchored";
import { Button, IconButton } from "./Button";
import { Loading } from "./Notice";
import { TextField } from "./TextField";
import { useLocale } from "./useLocale";
import "./DateField.css";

const MonthGrid = lazy(() => import("./MonthGrid").then((part) => ({ default: part.MonthGrid })));

interface DateFieldProps {
  label: string;
  /** `2026-10-01`, or null for none. */
  value: string | null;
  onChange: (value: string | null) => void;
}

type Doubt = { readonly kind: "invalid" } | { readonly kind: "era"; readonly iso: string };

export function DateField({ label, value, onChange }: DateFieldProps) {
  const { t } = useLingui();
  useLocale();
  const style = writtenStyle();
  const written = (iso: string | null) => (iso === null ? "" : formatDay(dayFromIso(iso), style, "short"));
  const [typed, setTyped] = useState<string | null>(null);
  const [doubt, setDoubt] = useState<Doubt | null>(null);
  const [picking, setPicking] = useState(false);
  const [frame, setFrame] = useState<HTMLElement | null>(null);

  const take = (iso: string | null) => {
    setTyped(null);
    setDoubt(null);
    if (iso !== value) onChange(iso);
  };
  const commit = () => {
    if (typed === null) return;
    if (typed.trim() === "") return take(null);
    const parsed = parseDay(typed, style);
    if (parsed.kind === "day") take(parsed.iso);
    else setDoubt(parsed.kind === "ambiguous" && parsed.ce !== null ? { kind: "era", iso: parsed.ce } : { kind: "invalid" });
  };
  const example = written("2026-10-01");
  const meant = doubt?.kind === "era" ? written(doubt.iso) : "";
  return (
    <div className="date-field" ref={setFrame}>
      <TextField
        label={label}
        value={typed ?? written(value)}
        onChange={setTyped}
        onCommit={commit}
        error={doubt?.kind === "invalid" ? t`อ่านวันที่ไม่ได้ ตัวอย่าง: ${example}` : undefined}
      />
      <IconButton
        icon="calendar"
        label={t`เลือกจากปฏิทิน (${label})`}
        expanded={picking}
        onPress={() => setPicking(true)}
      />
      {doubt?.kind === "era" && (
        <p className="date-doubt" role="alert">
          <Trans>ปีนี้เป็น พ.ศ. หรือ ค.ศ.</Trans>{" "}
          <Button onPress={() => take(doubt.iso)}>
            <Trans>หมายถึง {meant}</Trans>
          </Button>
        </p>
      )}
      {picking && frame !== null && (
        <AnchoredPanel anchor={frame} label={label} placement="bottom start" onClose={() => setPicking(false)}>
          <Suspense fallback={<Loading label={t`กำลังโหลด`} />}>
            <MonthGrid
              label={label}
              value={value}
              onPick={(iso) => {
                take(iso);
                setPicking(false);
              }}
            />
          </Suspense>
        </AnchoredPanel>
      )}
    </div>
  );
}
