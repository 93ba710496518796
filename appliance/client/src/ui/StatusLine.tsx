import "./StatusLine.css";

/** What a person says of themselves, cut where there is no room: the profile has all of it. */
export function StatusLine({ children: status }: { children: string }) {
  return (
    <span className="status-line" dir="auto" title={status}>
      {status}
    </span>
  );
}
