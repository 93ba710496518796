import { expect, test } from "vitest";

import { measure } from "./measure";

test("what cannot be read is of unknown size, and the next file is looked at all the same", async () => {
  // Here nothing can be drawn: as with a picture that the browser does not know.
  const [broken, plain] = await Promise.all([measure(new Blob(["x"], { type: "image/jpeg" })), measure(new Blob(["x"], { type: "text/csv" }))]);
  expect(broken).toEqual({ form: "picture", width: null, height: null, seconds: null, thumb: null });
  expect(plain.form).toBe("document");
});
