import { expect, test } from "vitest";

import { mailTo } from "./mailTo";

test.each([
  ["somchai.j@moph.go.th", "mailto:somchai.j@moph.go.th"],
  ["it?bcc=x@evil.example", "mailto:it%3Fbcc%3Dx@evil.example"],
  ["it&cc=x,y@evil.example", "mailto:it%26cc%3Dx%2Cy@evil.example"],
  ["it%3Fbcc@evil.example", "mailto:it%253Fbcc@evil.example"],
])("a letter to %s goes to nobody else", (address, link) => {
  expect(mailTo(address)).toBe(link);
});
