import { expect, test } from "vitest";

import { recordedType, refusalOf } from "./microphone";

test("AAC is recorded where it can be, else Opus; where nothing can, nothing is", () => {
  const writing = (...types: string[]) => recordedType((type) => types.includes(type));
  expect(writing("audio/webm;codecs=opus", "audio/mp4;codecs=mp4a.40.2", "audio/mp4")).toBe("audio/mp4;codecs=mp4a.40.2");
  expect(writing("audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4")).toBe("audio/webm;codecs=opus");
  expect(writing("audio/ogg;codecs=opus")).toBe("audio/ogg;codecs=opus");
  expect(writing("audio/wav")).toBeNull();
});

test.each([
  ["NotAllowedError", "denied"],
  ["NotFoundError", "none"],
  ["NotReadableError", "busy"],
  ["TypeError", "unsupported"],
])("%s is told as %s", (name, why) => {
  expect(refusalOf(name)).toBe(why);
});
