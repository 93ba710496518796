/** What the owner wrote to whom they took off the room. */
import { Trans } from "@lingui/react/macro";

export function LeftReason({ reason }: { reason: string }) {
  return (
    <div className="left-reason">
      <p className="room-hint">
        <Trans>เหตุผล</Trans>
      </p>
      <p className="request-reason">{reason}</p>
    </div>
  );
}
