import { expect, test, vi } from "vitest";

import { PreferencesModel } from "./PreferencesModel";

function memorySettings(kept: Record<string, string>) {
  return { get: (key: string) => kept[key] ?? null, set: (key: string, value: string | null) => void (kept[key] = value ?? "") };
}

test("Thai, the system's theme and Arabic digits unless chosen otherwise; nonsense is ignored", () => {
  const model = new PreferencesModel(memorySettings({ theme: "purple", era: "common" }), () => Promise.resolve());
  expect(model.snapshot()).toEqual({ language: "th", era: "common", digits: "arabic", theme: "auto", contrast: "auto", textSize: "normal" });
});

test("a choice is applied before it shows, and kept", async () => {
  const kept: Record<string, string> = {};
  const apply = vi.fn(() => Promise.resolve());
  const model = new PreferencesModel(memorySettings(kept), apply);
  await model.choose("language", "en");
  expect(apply).toHaveBeenCalledWith(expect.objectContaining({ language: "en" }));
  expect(model.snapshot().language).toBe("en");
  expect(kept).toEqual({ language: "en" });
});
