/** Puts a theme and a contrast on the page; the stylesheet does the rest. */
export function applyAppearance(theme: "auto" | "light" | "dark", contrast: "auto" | "more"): void {
  const page = document.documentElement.dataset;
  if (theme === "auto") delete page["theme"];
  else page["theme"] = theme;
  if (contrast === "auto") delete page["contrast"];
  else page["contrast"] = contrast;
}
