/** Above the rooms, about notifications: the one offer, what the browser answered, and a failure to show one. */
import { Trans, useLingui } from "@lingui/react/macro";

import { Button, IconButton } from "#ui/Button";
import { Icon } from "#ui/Icon";
import { useNextPlace } from "#ui/useNextPlace";
import { useReadable } from "#ui/useReadable";

import type { NotificationsModel } from "./NotificationsModel";

export function NotificationsBanner({ model, place, settingsHref }: { model: NotificationsModel; place: string; settingsHref: string }) {
  const { t } = useLingui();
  const { banner, failure } = useReadable(model);
  const due = useNextPlace(banner === "offer", place);
  if (banner === "none" || (banner === "offer" && !due)) return null;
  return (
    <div className={`banner ${banner === "offer" ? "banner-offer" : "banner-offline"}`} role={banner === "offer" ? "group" : "status"} aria-label={t`การแจ้งเตือน`}>
      <Icon name={banner === "offer" ? "bell" : "bellOff"} size="s" />
      <span>{banner === "offer" ? <Trans>แจ้งเตือนบนเครื่องนี้เมื่อมีข้อความใหม่หรือไม่</Trans> : <Refusal failure={banner === "failed" ? failure : null} />}</span>
      {banner === "offer" ? (
        <Button onPress={() => void model.acceptOffer()}>
          <Trans>เปิดการแจ้งเตือน</Trans>
        </Button>
      ) : (
        <a href={settingsHref} onClick={model.dismissBanner}>
          <Trans>ดูวิธีแก้ไข</Trans>
        </a>
      )}
      <IconButton icon="close" size="s" label={banner === "offer" ? t`ไม่เปิดการแจ้งเตือน` : t`ปิดข้อความนี้`} onPress={model.dismissBanner} placement="bottom" />
    </div>
  );
}

function Refusal({ failure }: { failure: string | null }) {
  if (failure === null) return <Trans>เบราว์เซอร์ไม่อนุญาตให้แจ้งเตือน</Trans>;
  return <Trans>มีข้อความใหม่ แต่แสดงการแจ้งเตือนไม่สำเร็จ ({failure})</Trans>;
}
