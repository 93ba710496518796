/** A month to pick a day from, in the era the reader writes; arrows move by day, Page Up and Page Down by month. */
import { BuddhistCalendar, type CalendarIdentifier, GregorianCalendar, parseDate } from "@internationalized/date";
import { Button } from "react-aria-components/Button";
import {
  Calendar,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  CalendarHeading,
} from "react-aria-components/Calendar";
import { I18nProvider } from "react-aria-components/I18nProvider";

import { writtenStyle } from "#i18n/dates";

import { Icon } from "./Icon";
import "./DateField.css";

interface MonthGridProps {
  label: string;
  value: string | null;
  onPick: (value: string) => void;
}

const createCalendar = (name: CalendarIdentifier) => (name === "buddhist" ? new BuddhistCalendar() : new GregorianCalendar());

export function MonthGrid({ label, value, onPick }: MonthGridProps) {
  const { language, era, digits } = writtenStyle();
  return (
    <I18nProvider locale={`${language === "en" ? "en-GB" : "th-TH"}-u-ca-${era === "BE" ? "buddhist" : "gregory"}${digits === "thai" ? "-nu-thai" : ""}`}>
      <Calendar
        className="month"
        aria-label={label}
        value={value === null ? null : parseDate(value)}
        onChange={(day) => onPick(day.toString())}
        createCalendar={createCalendar}
        autoFocus
      >
        <div className="month-head">
          <Button slot="previous" className="button icon-button icon-button-s button-quiet">
            <Icon name="chevronLeft" size="s" />
          </Button>
          <CalendarHeading className="month-title" />
          <Button slot="next" className="button icon-button icon-button-s button-quiet">
            <Icon name="chevronRight" size="s" />
          </Button>
        </div>
        <CalendarGrid className="month-grid">
          <CalendarGridHeader>{(day) => <CalendarHeaderCell>{day}</CalendarHeaderCell>}</CalendarGridHeader>
          <CalendarGridBody>{(date) => <CalendarCell className="month-day" date={date} />}</CalendarGridBody>
        </CalendarGrid>
      </Calendar>
    </I18nProvider>
  );
}
