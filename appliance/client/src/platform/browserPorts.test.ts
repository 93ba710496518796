import { afterEach, expect, test, vi } from "vitest";

import { browserPorts } from "./browserPorts";

afterEach(() => vi.unstubAllGlobals());

test("asking to keep the cache gives nothing to wait for, whatever the browser does (browsers 1)", () => {
  const { storage } = browserPorts(() => "th");
  const persist = vi.fn(() => new Promise<boolean>(() => undefined));
  vi.stubGlobal("navigator", { storage: { persist } });
  expect(storage.persist()).toBeUndefined();
  expect(persist).toHaveBeenCalledOnce();
  vi.stubGlobal("navigator", {});
  expect(storage.persist()).toBeUndefined();
});

test("with cookies blocked the page still starts, and keeps its settings while it is open", () => {
  const refuse = (): never => {
    throw new DOMException("blocked", "SecurityError");
  };
  vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
  const { settings } = browserPorts(() => "th");
  expect(settings.get("language")).toBeNull();
  settings.set("language", "en");
  expect(settings.get("language")).toBe("en");
  settings.set("language", null);
  expect(settings.get("language")).toBeNull();
});
