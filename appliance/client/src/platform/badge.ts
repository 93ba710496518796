/** That something is unread, outside the page: on the tab's icon, and with its number on that of the installed application. */
const ICON = "/icon.svg";
const ICON_UNREAD = "/icon-unread.svg";

export function showUnread(count: number): void {
  const icon = document.querySelector<HTMLLinkElement>("link[rel='icon']");
  const wanted = count > 0 ? ICON_UNREAD : ICON;
  if (icon !== null && icon.getAttribute("href") !== wanted) icon.setAttribute("href", wanted);
  if (!("setAppBadge" in navigator)) return;
  // Refused where the application is not installed, or may not notify: the title says it too.
  void navigator.setAppBadge(count).catch(() => undefined);
}

/** Nobody is signed in any more: nothing of theirs stays on the tab. */
export function leaveTab(): void {
  document.title = "G-Chat";
  showUnread(0);
}
