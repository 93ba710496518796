import { expect, test } from "vitest";

import { deviceName, isHandheld } from "./device";

test.each([
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/128.0 Safari/537.36 Edg/128.0", "Edge · Windows"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 Version/17.5 Safari/604.1", "Safari · iOS"],
  ["Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox · Linux"],
  ["curl/8", "G-Chat"],
])("%s is called %s", (userAgent, name) => {
  expect(deviceName(userAgent)).toBe(name);
});

test("a telephone is known by its name", () => {
  expect(["Chrome · Android", "Safari · iOS", "โทรศัพท์เคลื่อนที่"].map(isHandheld)).toEqual([true, true, true]);
  expect(["Chrome · Windows", "Safari · macOS", ""].map(isHandheld)).toEqual([false, false, false]);
});
