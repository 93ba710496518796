/**
 * The polite voice of the page: what arrives without a gesture is said here, one sentence at a time.
 * The two regions alternate so that a sentence repeated word for word is read again.
 */
export function LiveRegion({ text, turn }: { text: string; turn: number }) {
  return (
    <div className="visually-hidden">
      <div aria-live="polite" aria-atomic="true">
        {turn % 2 === 0 ? text : ""}
      </div>
      <div aria-live="polite" aria-atomic="true">
        {turn % 2 === 1 ? text : ""}
      </div>
    </div>
  );
}
