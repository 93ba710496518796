/**
 * A search box; Esc and the cross empty it, and Esc in an empty one is left to what it stands in: in a dialog the first
 * empties, the second closes. The caller filters, and says how many it found.
 */
import { Button } from "react-aria-components/Button";
import { Input } from "react-aria-components/Input";
import { SearchField as AriaSearchField } from "react-aria-components/SearchField";
import { Icon } from "./Icon";
import "./TextField.css";

interface SearchFieldProps {
  label: string;
  clearLabel: string;
  /** Shorter words than the label, which fit the field of a phone. */
  placeholder?: string;
  value: string;
  onChange: (value: string) => void;
  autoFocus?: boolean;
  /** Enter: the words are meant as they stand. */
  onSubmit?: () => void;
  id?: string;
}

export function SearchField({ label, clearLabel, placeholder = label, value, onChange, autoFocus, onSubmit, id }: SearchFieldProps) {
  return (
    <AriaSearchField
      className="search-field"
      aria-label={label}
      value={value}
      onChange={onChange}
      {...(autoFocus === undefined ? {} : { autoFocus })}
      {...(onSubmit === undefined ? {} : { onSubmit })}
      {...(id === undefined ? {} : { id })}
    >
      <Icon name="search" size="s" />
      <Input className="field-input" placeholder={placeholder} />
      <Button className="search-clear" aria-label={clearLabel}>
        <Icon name="close" size="s" />
      </Button>
    </AriaSearchField>
  );
}
