/** Puts a theme, a contrast and a text size on the page; the stylesheet does the rest. */
export function applyAppearance(theme: "auto" | "light" | "dark", contrast: "auto" | "more", textSize: "normal" | "large" | "larger" | "largest"): void {
  const page = document.documentElement.dataset;
  if (theme === "auto") delete page["theme"];
  else page["theme"] = theme;
  if (textSize === "normal") delete page["textSize"];
  else page["textSize"] = textSize;
  if (contrast === "auto") delete page["contrast"];
  else page["contrast"] = contrast;
}
